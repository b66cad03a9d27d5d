"""Revocation lists by hand, changed as a test likes before they are signed."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes

from . import der
from .certificates import Certified, now, sign

NUMBER, DISTRIBUTION_POINT = "2.5.29.20", "2.5.29.28"
DELTA, REASON, INVALIDITY_DATE = "2.5.29.27", "2.5.29.21", "2.5.29.24"
ECDSA_WITH_SHA1, ECDSA_WITH_SHA384 = "1.2.840.10045.4.1", "1.2.840.10045.4.3.3"


def utc_time(at: datetime) -> bytes:
    """As CRLs write times before 2050 (RFC 5280 section 5.1.2.4)."""
    return der.value(0x17, at.strftime("%y%m%d%H%M%SZ").encode())


def invalidity(at: datetime, *, critical: bool = False) -> bytes:
    return der.extension(INVALIDITY_DATE, der.time(at), critical=critical)


def entry(serial_number: int, at: datetime, *extensions: bytes) -> bytes:
    return der.sequence(der.integer(serial_number), utc_time(at), der.sequence(*extensions) if extensions else b"")


def revoked(serial_number: int, at: datetime) -> bytes:
    """As Hallmark lists a certificate: the reason, and the invalidity date equal to the date."""
    reason = der.extension(REASON, b"\x0a\x01\x01")
    return entry(serial_number, at, reason, invalidity(at))


def point(url: str, *flags: bytes, critical: bool = True) -> bytes:
    """issuingDistributionPoint for certificates of end entities unless other flags are given."""
    name = der.explicit(0, der.explicit(0, der.value(0x86, url.encode())))
    narrowed = flags or (der.value(0x81, b"\xff"),)
    return der.extension(DISTRIBUTION_POINT, der.sequence(name, *narrowed), critical=critical)


@dataclass
class CrlDraft:
    issuer: Certified
    url: str
    version: bytes = der.integer(1)
    algorithm: str = ECDSA_WITH_SHA384
    hash: hashes.HashAlgorithm = field(default_factory=hashes.SHA384)
    this_update: datetime = field(default_factory=lambda: now() - timedelta(minutes=1))
    next_update: datetime | None = field(default_factory=lambda: now() + timedelta(hours=4))
    entries: list[bytes] = field(default_factory=list)
    extensions: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self):
        self.extensions = {NUMBER: der.extension(NUMBER, der.integer(7)), DISTRIBUTION_POINT: point(self.url)}

    def seal(self) -> bytes:
        algorithm = der.sequence(der.oid(self.algorithm))
        extensions = list(self.extensions.values())
        tbs = der.sequence(
            self.version,
            algorithm,
            self.issuer.asn1["tbs_certificate"]["subject"].dump(),
            utc_time(self.this_update),
            utc_time(self.next_update) if self.next_update else b"",
            der.sequence(*self.entries) if self.entries else b"",
            der.explicit(0, der.sequence(*extensions)) if extensions else b"",
        )
        return der.sequence(tbs, algorithm, der.bits(sign(self.issuer.key, tbs, self.hash)))

    def by(self, **members: object):
        """Signs as somebody else, with a name or a key of theirs."""
        self.issuer = replace(self.issuer, **members)
