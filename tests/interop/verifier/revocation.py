"""Whether a chain was revoked when it signed, asked of every list and responder that its certificates name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from . import crl, ocsp
from .certificate import Certificate
from .rule import Rule, require

FetchCrl = Callable[[str], bytes]
FetchOcsp = Callable[[str, bytes], bytes]


@dataclass(frozen=True)
class RevocationCheck:
    """One question that was asked and answered."""

    certificate: Certificate
    url: str
    revoked_from: datetime | None


@dataclass(frozen=True)
class Revocation:
    """How to ask; a kind that cannot be asked for is not."""

    fetch_crl: FetchCrl | None
    fetch_ocsp: FetchOcsp | None
    at: datetime | None
    """The time of the verification; None is now, after each answer has come."""

    def check(
        self, chain: Sequence[Certificate], signed_at: datetime | None, *, sharded: bool
    ) -> list[RevocationCheck]:
        """Checks all certificates but the root. One is revoked if it was so when it signed; `sharded`, the leaf's list
        has to say that it is the one for this leaf.

        Without an authentic signing time a revoked certificate is revoked: so notation judges the scheme notary.x509,
        timestamp or not, and timestamping authorities.
        """
        checks = [
            check
            for place, (certificate, issuer) in enumerate(zip(chain, chain[1:]))
            for check in self._ask(certificate, issuer, sharded=sharded and place == 0)
        ]
        for check in checks:
            since = check.revoked_from
            revoked = since is not None and (signed_at is None or signed_at >= since)
            require(not revoked, Rule.REVOKED, f"{check.certificate} since {since}, says {check.url}")
        return checks

    def _ask(self, certificate: Certificate, issuer: Certificate, *, sharded: bool):
        for url in certificate.ocsp_urls() if self.fetch_ocsp else []:
            answer = self.fetch_ocsp(url, ocsp.request(certificate, issuer))
            found = ocsp.revoked_from(answer, certificate, issuer, self._now())
            yield RevocationCheck(certificate, url, found)
        for url in certificate.crl_urls() if self.fetch_crl else []:
            fetched = self.fetch_crl(url)
            found = crl.revoked_from(fetched, certificate, issuer, url, self._now(), sharded=sharded)
            yield RevocationCheck(certificate, url, found)

    def _now(self) -> datetime:
        return self.at or datetime.now(UTC)
