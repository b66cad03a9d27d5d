"""OCSP answers by hand, changed as a test likes before they are signed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from . import der
from .certificates import Certified, Template, name, now, sign, usage
from .keys import key

BASIC, ECDSA_WITH_SHA384 = "1.3.6.1.5.5.7.48.1.1", "1.2.840.10045.4.3.3"
SHA1, SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
GOOD, UNKNOWN = der.value(0x80), der.value(0x82)
TRY_LATER = der.sequence(der.value(0x0A, b"\x03"))


def revoked(at: datetime) -> bytes:
    """The status, with the reason keyCompromise."""
    return der.explicit(1, der.time(at), der.explicit(0, b"\x0a\x01\x01"))


def responder_template() -> Template:
    """A responder that an issuer has delegated."""
    return Template(
        name("Responder"),
        key("P-384", "Responder"),
        [
            (usage("digital_signature"), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
            (x509.OCSPNoCheck(), False),
        ],
    )


def cert_id(certificate: Certified, issuer: Certified, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
    """CertID by SHA-1 unless told otherwise."""
    kind = algorithm or hashes.SHA1()
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate.x509, issuer.x509, kind).build()
    named = der.sequence(der.oid(SHA256 if algorithm else SHA1), der.NULL)
    hashed = der.octets(asked.issuer_name_hash) + der.octets(asked.issuer_key_hash)
    return der.sequence(named, hashed, der.integer(asked.serial_number))


@dataclass
class OcspDraft:
    certificate: Certified
    issuer: Certified
    responder: Certified | None = None
    """Who signs; the issuer if nobody else does."""
    included: list[bytes] | None = None
    """Certificates in DER; the responder's if there is one."""
    responder_id: bytes | None = None
    cert_id: bytes = b""
    status: bytes = GOOD
    this_update: datetime = field(default_factory=lambda: now() - timedelta(minutes=1))
    next_update: datetime | None = field(default_factory=lambda: now() + timedelta(minutes=59))
    produced_at: datetime = field(default_factory=lambda: now() - timedelta(minutes=1))
    single_extensions: list[bytes] = field(default_factory=list)
    extensions: list[bytes] = field(default_factory=list)
    repeat: int = 1
    algorithm: bytes = der.sequence(der.oid(ECDSA_WITH_SHA384))
    hash: hashes.HashAlgorithm = field(default_factory=hashes.SHA384)

    def __post_init__(self):
        self.cert_id = cert_id(self.certificate, self.issuer)

    @property
    def signer(self) -> Certified:
        return self.responder or self.issuer

    def single(self) -> bytes:
        return der.sequence(
            self.cert_id,
            self.status,
            der.time(self.this_update),
            der.explicit(0, der.time(self.next_update)) if self.next_update else b"",
            der.explicit(1, der.sequence(*self.single_extensions)) if self.single_extensions else b"",
        )

    def by_key(self) -> bytes:
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.signer.x509.public_key()).digest
        return der.explicit(2, der.octets(identifier))

    def seal(self) -> bytes:
        data = der.sequence(
            self.responder_id or self.by_key(),
            der.time(self.produced_at),
            der.sequence(*[self.single()] * self.repeat),
            der.explicit(1, der.sequence(*self.extensions)) if self.extensions else b"",
        )
        included = self.included if self.included is not None else [self.responder.der] if self.responder else []
        basic = der.sequence(
            data,
            self.algorithm,
            der.bits(sign(self.signer.key, data, self.hash)),
            der.explicit(0, der.sequence(*included)) if included else b"",
        )
        answer = der.sequence(der.oid(BASIC), der.octets(basic))
        return der.sequence(der.value(0x0A, b"\0"), der.explicit(0, answer))
