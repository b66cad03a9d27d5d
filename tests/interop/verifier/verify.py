"""The whole: an envelope, the anchors it is judged by, and what it says once every rule holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from . import algorithm, chain, envelope_cose, envelope_jws, header_rules, payload, timestamp_token
from .certificate import Certificate
from .certificate_rules import check_signing_leaf
from .envelope import COSE, EXPIRY, JWS, PLUGIN, Envelope
from .revocation import FetchCrl, FetchOcsp, Revocation, RevocationCheck
from .rule import Rule, require
from .timestamp_token import Token

READERS = {JWS: envelope_jws.read, COSE: envelope_cose.read}


@dataclass(frozen=True)
class Verified:
    """What a signature says. There is no other way to get one than to hold every rule."""

    payload: bytes
    signing_time: datetime
    expiry: datetime | None
    scheme: str
    plugin: str | None
    attributes: dict[str, object]
    """Extended signed attributes by name."""
    chain: list[Certificate]
    """Leaf first."""
    token: Token | None
    revocation: list[RevocationCheck]
    """The questions about revocation that were asked, the authority's of the token included."""


def verify(
    envelope: bytes,
    media_type: str,
    *,
    anchors: Iterable[bytes],
    tsa_anchors: Iterable[bytes] = (),
    at: datetime | None = None,
    crl_fetch: FetchCrl | None = None,
    ocsp_fetch: FetchOcsp | None = None,
) -> Verified:
    """Verifies an envelope and returns what it says; raises Violation with the name of the rule that it breaks.

    Anchors are certificates in DER or PEM. `at` is the time of the verification, now unless given. CRLs and OCSP
    answers are looked at if there is something to fetch them with: `crl_fetch(url)`, `ocsp_fetch(url, request)`;
    `verifier.fetch` has both.
    """
    require(media_type in READERS, Rule.MEDIA_TYPE, media_type)
    read = READERS[media_type](envelope)
    now = at or datetime.now(UTC)
    certificates = [Certificate(der) for der in read.certificates]
    _check_signature(read, certificates[0])
    header_rules.check(read, now)
    payload.check(read.payload)
    chain.check(certificates, check_signing_leaf)
    chain.check_anchor(certificates, anchors, Rule.ANCHOR)

    token = timestamp_token.check(read.token, read.signature, read.algorithm, tsa_anchors) if read.token else None
    _check_validity(read, certificates, token, now)
    revocation = Revocation(crl_fetch, ocsp_fetch, at)
    authentic = header_rules.scheme(read) == header_rules.SIGNING_AUTHORITY
    checks = revocation.check(certificates, header_rules.signing_time(read) if authentic else None, sharded=True)
    checks += revocation.check(token.chain, None, sharded=False) if token else []
    return Verified(
        payload=read.payload,
        signing_time=header_rules.signing_time(read),
        expiry=read.time(EXPIRY),
        scheme=header_rules.scheme(read),
        plugin=read.headers.get(PLUGIN),
        attributes=header_rules.attributes(read),
        chain=certificates,
        token=token,
        revocation=checks,
    )


def _check_signature(read: Envelope, leaf: Certificate):
    own = algorithm.of_key(leaf.key)
    require(read.algorithm == own, Rule.ALGORITHM_OF_KEY, f"{read.algorithm.jose}, not {own.jose}")
    own.check(leaf.key, read.signature, read.signed)


def _check_validity(read: Envelope, certificates: list[Certificate], token: Token | None, now: datetime):
    """When the chain has to have been valid: at the time that somebody vouches for, or else now."""
    if header_rules.scheme(read) == header_rules.SIGNING_AUTHORITY:
        first = last = header_rules.signing_time(read)
    elif token is not None:
        first, last = token.info.earliest, token.info.latest
    else:
        first = last = now
    chain.check_validity(certificates, first, last, Rule.CHAIN_VALIDITY)
