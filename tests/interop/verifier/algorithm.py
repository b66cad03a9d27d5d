"""The six algorithms, one for each kind of key, and the checking of signatures."""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .rule import Rule, require

NIST_CURVES = ("secp256r1", "secp384r1", "secp521r1")
SHA2 = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


@dataclass(frozen=True)
class Algorithm:
    """How the key of one kind signs."""

    jose: str
    cose: int
    bits: int
    hash: hashes.HashAlgorithm

    @property
    def elliptic(self) -> bool:
        return self.jose.startswith("ES")

    def check(self, key, signature: bytes, signed: bytes):
        """Checks the signature of an envelope: r||s of fixed width, or PSS with a salt as long as the hash."""
        width = 2 * ((self.bits + 7) // 8) if self.elliptic else self.bits // 8
        require(len(signature) == width, Rule.SIGNATURE_LENGTH, f"{len(signature)} octets, not {width}")
        if self.elliptic:
            r, s = (int.from_bytes(half, "big") for half in (signature[: width // 2], signature[width // 2 :]))
            signature, parameters = encode_dss_signature(r, s), ec.ECDSA(self.hash)
        else:
            parameters = padding.PSS(padding.MGF1(self.hash), self.hash.digest_size)
        require(verifies(key, signature, signed, parameters, self.hash), Rule.SIGNATURE)


ALGORITHMS = (
    Algorithm("PS256", -37, 2048, hashes.SHA256()),
    Algorithm("PS384", -38, 3072, hashes.SHA384()),
    Algorithm("PS512", -39, 4096, hashes.SHA512()),
    Algorithm("ES256", -7, 256, hashes.SHA256()),
    Algorithm("ES384", -35, 384, hashes.SHA384()),
    Algorithm("ES512", -36, 521, hashes.SHA512()),
)


def of_jose(name: object) -> Algorithm:
    """The algorithm of a JOSE name."""
    return _only([one for one in ALGORITHMS if isinstance(name, str) and one.jose == name], Rule.ALGORITHM, name)


def of_cose(number: object) -> Algorithm:
    """The algorithm of a COSE number."""
    return _only([one for one in ALGORITHMS if isinstance(number, int) and one.cose == number], Rule.ALGORITHM, number)


def of_key(key) -> Algorithm:
    """The one algorithm of a leaf's key."""
    elliptic = isinstance(key, ec.EllipticCurvePublicKey)
    suitable = key.curve.name in NIST_CURVES if elliptic else isinstance(key, rsa.RSAPublicKey)
    found = [one for one in ALGORITHMS if suitable and one.elliptic == elliptic and one.bits == key.key_size]
    return _only(found, Rule.LEAF_KEY, type(key).__name__)


def _only(found: list[Algorithm], rule: Rule, detail: object) -> Algorithm:
    require(len(found) == 1, rule, detail)
    return found[0]


def verifies(key, signature: bytes, signed: bytes, parameters, hash_algorithm) -> bool:
    """Whether a key made a signature; `parameters` are a padding or ECDSA, as X.509 names them."""
    words = (parameters,) if isinstance(parameters, ec.ECDSA) else (parameters, hash_algorithm)
    if isinstance(key, ec.EllipticCurvePublicKey) != isinstance(parameters, ec.ECDSA):
        return False
    try:
        key.verify(signature, signed, *words)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
