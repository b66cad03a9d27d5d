"""Timestamp tokens by hand, changed as a test likes before they are signed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes

from . import der
from .certificates import Certified, Hierarchy, now, sign, timestamping_leaf

DATA, SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
HASHES = {
    "1.3.14.3.2.26": hashes.SHA1(),
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
SHA1, SHA256, SHA384, SHA512 = HASHES
RSA_ENCRYPTION, ECDSA_WITH_SHA384 = "1.2.840.113549.1.1.1", "1.2.840.10045.4.3.3"


def digest(algorithm: str, octets: bytes) -> bytes:
    state = hashes.Hash(HASHES[algorithm])
    state.update(octets)
    return state.finalize()


def imprint(algorithm: str, octets: bytes, parameters: bytes = der.NULL) -> bytes:
    return der.sequence(der.sequence(der.oid(algorithm), parameters), der.octets(digest(algorithm, octets)))


def attribute(kind: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(*values))


def meant(certificate: bytes, algorithm: str = SHA256, issuer_serial: bytes = b"") -> bytes:
    """SigningCertificateV2; SHA-256 is its default and so left out."""
    named = b"" if algorithm == SHA256 else der.sequence(der.oid(algorithm))
    entry = der.sequence(named, der.octets(digest(algorithm, certificate)), issuer_serial)
    return der.sequence(der.sequence(entry))


def issuer_serial(certificate: Certified, number: int) -> bytes:
    name = der.explicit(4, certificate.asn1["tbs_certificate"]["issuer"].dump())
    return der.sequence(der.sequence(name), der.integer(number))


@dataclass
class TokenDraft:
    """A token about the signature of an envelope whose hash is SHA-384."""

    chain: list[Certified]
    signature: bytes
    info: dict[str, bytes] = field(default_factory=dict)
    """The fields of the TSTInfo in DER."""
    content_type: str = TST_INFO
    version: int = 3
    included: list[bytes] = field(default_factory=list)
    """Certificates in DER."""
    attributes: dict[str, bytes] = field(default_factory=dict)
    """Signed attributes in DER by their types; those that depend on the TSTInfo are made when it is sealed."""
    arrange: Callable[[list[bytes]], list[bytes]] = sorted
    """The order of the attributes, and the last change to them."""
    signer_version: int = 1
    signer_id: bytes = b""
    digest_algorithm: str = SHA384
    listed_algorithm: str = ""
    """The one that SignedData lists; the signer's unless given."""
    signature_algorithm: bytes = b""
    repeat_signers: int = 1
    spoil: Callable[[bytes], bytes] = bytes
    """The last change to the token's own signature."""

    def __post_init__(self):
        leaf = self.chain[0]
        self.info = {
            "version": der.integer(1),
            "policy": der.oid("1.3.6.1.4.1.99999.1"),
            "imprint": imprint(SHA384, self.signature),
            "serial_number": der.integer(7),
            "time": der.time(now()),
        }
        self.included = [certified.der for certified in self.chain[:-1]]
        self.attributes = {SIGNING_CERTIFICATE_V2: attribute(SIGNING_CERTIFICATE_V2, meant(leaf.der))}
        fields = leaf.asn1["tbs_certificate"]
        self.signer_id = der.sequence(fields["issuer"].dump(), fields["serial_number"].dump())
        elliptic = hasattr(leaf.key, "curve")
        named = (der.oid(ECDSA_WITH_SHA384),) if elliptic else (der.oid(RSA_ENCRYPTION), der.NULL)
        self.signature_algorithm = der.sequence(*named)

    def seal(self) -> bytes:
        info = der.sequence(*self.info.values())
        needed = {
            CONTENT_TYPE: attribute(CONTENT_TYPE, der.oid(TST_INFO)),
            MESSAGE_DIGEST: attribute(MESSAGE_DIGEST, der.octets(digest(self.digest_algorithm, info))),
        }
        attributes = self.arrange(list((needed | self.attributes).values()))
        signed = der.value(0x31, *attributes) if attributes else info
        signature = sign(self.chain[0].key, signed, HASHES[self.digest_algorithm])
        algorithm = der.sequence(der.oid(self.digest_algorithm))
        signer = der.sequence(
            der.integer(self.signer_version),
            self.signer_id,
            algorithm,
            der.explicit(0, *attributes) if attributes else b"",
            self.signature_algorithm,
            der.octets(self.spoil(signature)),
        )
        signed_data = der.sequence(
            der.integer(self.version),
            der.set_of(der.sequence(der.oid(self.listed_algorithm or self.digest_algorithm))),
            der.sequence(der.oid(self.content_type), der.explicit(0, der.octets(info))),
            der.explicit(0, *self.included) if self.included else b"",
            der.set_of(*[signer] * self.repeat_signers),
        )
        return der.sequence(der.oid(SIGNED_DATA), der.explicit(0, signed_data))


def authority_hierarchy(kind: str = "P-384") -> Hierarchy:
    """A timestamping authority below another root than envelopes'."""
    return Hierarchy.of(timestamping_leaf(kind), "Timestamp ")


def authority(kind: str = "P-384") -> list[Certified]:
    return authority_hierarchy(kind).issue()
