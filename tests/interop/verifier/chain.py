"""Chains: leaf first, root last and once; their order, names, signatures, usage and validity."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .certificate import Certificate
from .certificate_rules import check_issuer
from .rule import Rule, require


def check(chain: Sequence[Certificate], check_leaf: Callable[[Certificate], None]):
    """Everything about a chain but times and trust."""
    for certificate in chain:
        certificate.check()
    require(chain[-1].self_signed, Rule.CHAIN_ROOT_LAST, chain[-1])
    early = [certificate for certificate in chain[:-1] if certificate.self_signed]
    require(not early, Rule.CHAIN_ROOT_ONCE, early)
    for child, parent in zip(chain, chain[1:]):
        require(child.issuer_der == parent.subject_der, Rule.CHAIN_NAMES, f"{child} under {parent}")
        require(child.signed_by(parent), Rule.CHAIN_SIGNATURES, f"{child} under {parent}")
    check_leaf(chain[0])
    for below, issuer in enumerate(chain[1:]):
        check_issuer(issuer, below)


def check_validity(chain: Iterable[Certificate], first: datetime, last: datetime, rule: Rule):
    """Whether every certificate is valid from the first of two times to the last."""
    for certificate in chain:
        begin, end = certificate.validity
        require(begin <= first and last <= end, rule, f"{certificate}: {begin} to {end}, not at {first}")


def check_anchor(chain: Iterable[Certificate], anchors: Iterable[bytes], rule: Rule):
    """Trust is equality, octet by octet: a root issued anew for the same key is another one."""
    trusted = {der for anchor in anchors for der in certificates_of(anchor)}
    require(any(certificate.der in trusted for certificate in chain), rule)


def certificates_of(octets: bytes) -> list[bytes]:
    """The certificates of a file, in DER: one in DER, or several in PEM."""
    if b"-----BEGIN" not in octets:
        return [octets]
    return [found.public_bytes(Encoding.DER) for found in x509.load_pem_x509_certificates(octets)]
