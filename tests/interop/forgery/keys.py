"""Private keys; each is generated once a run, since making RSA keys takes seconds."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1, "K-256": ec.SECP256K1}


@cache
def key(kind: str, holder: str):
    """The key of one holder: on a curve by its name, of RSA by its bits, or on Ed25519."""
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind]())
    return rsa.generate_private_key(65537, int(kind))
