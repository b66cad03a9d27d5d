"""Forges signatures that are wrong in one thing each and right in everything else, the cryptography included."""
