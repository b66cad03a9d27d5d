"""Wrong revocation lists and OCSP answers, each under a signature that holds."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from verifier import Rule

from . import crls, der, ocsp_answers
from .certificates import DAY, Certified, Template, ca, now, with_unused_bit
from .crls import CrlDraft
from .keys import key
from .ocsp_answers import OcspDraft, cert_id, responder_template, revoked

HOUR = timedelta(hours=1)
UNKNOWN = "1.2.3.4"


@dataclass(frozen=True)
class AnswerMutation:
    name: str
    rule: Rule
    change: Callable[[CrlDraft | OcspDraft], bytes | None]
    """Changes a draft before it is signed, or returns the octets that it becomes."""

    def of(self, draft: CrlDraft | OcspDraft) -> bytes:
        octets = self.change(draft)
        return draft.seal() if octets is None else octets

    def __str__(self) -> str:
        return self.name


def setting(**members: object):
    def change(draft):
        for member, value in members.items():
            setattr(draft, member, value)

    return change


def extension(kind: str, octets: bytes):
    return lambda draft: draft.extensions.update({kind: octets})


def without(kind: str):
    return lambda draft: draft.extensions.pop(kind) and None


def point(*flags: bytes, url: str | None = None, critical: bool = True):
    def change(draft: CrlDraft):
        draft.extensions[crls.DISTRIBUTION_POINT] = crls.point(url or draft.url, *flags, critical=critical)

    return change


def pem(draft: CrlDraft) -> bytes:
    text = base64.encodebytes(draft.seal()).decode()
    return f"-----BEGIN X509 CRL-----\n{text}-----END X509 CRL-----\n".encode()


def altered(draft) -> bytes:
    """With another last octet: of the signature."""
    octets = draft.seal()
    return octets[:-1] + bytes([octets[-1] ^ 1])


def unused_bit(load: Callable[[bytes], object]):
    return lambda draft: with_unused_bit(draft.seal, lambda octets: load(octets).signature)


LISTS = [
    AnswerMutation("signature-with-unused-bit", Rule.CRL_SYNTAX, unused_bit(x509.load_der_x509_crl)),
    AnswerMutation("pem", Rule.CRL_SYNTAX, pem),
    AnswerMutation("garbage", Rule.CRL_SYNTAX, lambda draft: b"\x30\x00"),
    AnswerMutation("followed", Rule.CRL_SYNTAX, lambda draft: draft.seal() + b"\0"),
    AnswerMutation("extension-twice", Rule.CRL_SYNTAX, extension("again", der.extension(crls.NUMBER, der.integer(8)))),
    AnswerMutation("version-1", Rule.CRL_VERSION, setting(version=b"", extensions={})),
    AnswerMutation("no-number", Rule.CRL_NUMBER, without(crls.NUMBER)),
    AnswerMutation("of-another-name", Rule.CRL_ISSUER, lambda d: d.by(der=ca("Another", 0).issue().der)),
    AnswerMutation("of-another-key", Rule.CRL_SIGNATURE, lambda d: d.by(key=key("P-384", "Mallory"))),
    AnswerMutation("signature-altered", Rule.CRL_SIGNATURE, altered),
    AnswerMutation("in-sha-1", Rule.CRL_HASH, setting(algorithm=crls.ECDSA_WITH_SHA1, hash=hashes.SHA1())),
    AnswerMutation("of-unknown-algorithm", Rule.CRL_HASH, setting(algorithm=UNKNOWN)),
    AnswerMutation("no-next-update", Rule.CRL_UPDATE, setting(next_update=None)),
    AnswerMutation("out-of-date", Rule.CRL_UPDATE, setting(this_update=now() - DAY, next_update=now() - HOUR)),
    AnswerMutation("of-tomorrow", Rule.CRL_UPDATE, setting(this_update=now() + DAY, next_update=now() + 2 * DAY)),
    AnswerMutation(
        "critical-unknown",
        Rule.CRL_CRITICAL_EXTENSION,
        extension(UNKNOWN, der.extension(UNKNOWN, der.NULL, critical=True)),
    ),
    AnswerMutation(
        "a-delta",
        Rule.CRL_CRITICAL_EXTENSION,
        extension(crls.DELTA, der.extension(crls.DELTA, der.integer(6), critical=True)),
    ),
    AnswerMutation("no-point", Rule.CRL_DISTRIBUTION_POINT, without(crls.DISTRIBUTION_POINT)),
    AnswerMutation("point-not-critical", Rule.CRL_DISTRIBUTION_POINT, point(critical=False)),
    AnswerMutation(
        "point-of-another-shard", Rule.CRL_DISTRIBUTION_POINT, point(url="http://pki.forgery.test/crl/2.crl")
    ),
    AnswerMutation("about-issuers-alone", Rule.CRL_DISTRIBUTION_POINT, point(der.value(0x82, b"\xff"))),
    AnswerMutation("about-some-reasons", Rule.CRL_DISTRIBUTION_POINT, point(der.value(0x83, b"\x01\x02"))),
    AnswerMutation("indirect", Rule.CRL_DISTRIBUTION_POINT, point(der.value(0x84, b"\xff"))),
]

# Of an answer that names the certificate as revoked; each returns the extensions of the entry and its date.
ENTRIES = [
    ("invalidity-critical", Rule.REVOCATION_INVALIDITY_DATE, lambda at: [crls.invalidity(at, critical=True)]),
    ("invalidity-of-another-time", Rule.REVOCATION_INVALIDITY_DATE, lambda at: [crls.invalidity(at + HOUR)]),
    (
        "entry-critical-unknown",
        Rule.CRL_ENTRY_EXTENSION,
        lambda at: [crls.invalidity(at), der.extension(UNKNOWN, der.NULL, critical=True)],
    ),
]


def identified(*, other: Certified | None = None, algorithm: hashes.HashAlgorithm | None = None):
    """CertID of another certificate, or by another hash."""

    def change(draft: OcspDraft):
        draft.cert_id = cert_id(other or draft.certificate, draft.issuer, algorithm)

    return change


def about_another(draft: OcspDraft):
    draft.cert_id = cert_id(draft.issuer, draft.issuer)


def of_another_issuer(draft: OcspDraft):
    draft.cert_id = cert_id(draft.certificate, ca("Another", 0).issue())


def delegated(change: Callable[[Template], None] = lambda template: None, *, by: Template | None = None):
    """Signed by a responder whose certificate is changed before it is issued, by the issuer or another one."""

    def forge(draft: OcspDraft):
        template = responder_template()
        change(template)
        draft.responder = template.issue(by.issue() if by else draft.issuer)

    return forge


# The issuer's name with another key.
IMPOSTOR = replace(ca("Issuer", 0), key=key("P-384", "Mallory"))


def purpose(*oids: x509.ObjectIdentifier):
    return delegated(lambda template: template.set(x509.ExtendedKeyUsage(oids), False))


def expired(template: Template):
    template.begin, template.end = now() - 2 * DAY, now() - DAY


def not_first(draft: OcspDraft):
    delegated()(draft)
    draft.included = [draft.issuer.der, draft.responder.der]


def not_included(draft: OcspDraft):
    delegated()(draft)
    draft.included = []


def named_as_another(draft: OcspDraft):
    draft.responder_id = der.explicit(1, draft.certificate.asn1["tbs_certificate"]["subject"].dump())


def of_another_key(draft: OcspDraft):
    draft.responder_id = draft.by_key()
    draft.issuer = replace(draft.issuer, key=key("P-384", "Mallory"))


def critical(place: str):
    return lambda draft: getattr(draft, place).append(der.extension(UNKNOWN, der.NULL, critical=True))


ANSWERS = [
    AnswerMutation("signature-with-unused-bit", Rule.OCSP_SYNTAX, unused_bit(ocsp.load_der_ocsp_response)),
    AnswerMutation("garbage", Rule.OCSP_SYNTAX, lambda draft: b"\x30\x00"),
    AnswerMutation("followed", Rule.OCSP_SYNTAX, lambda draft: draft.seal() + b"\0"),
    AnswerMutation(
        "too-long", Rule.OCSP_SYNTAX, lambda d: d.extensions.append(der.extension(UNKNOWN, der.octets(bytes(20_480))))
    ),
    AnswerMutation("try-later", Rule.OCSP_SUCCESSFUL, lambda draft: ocsp_answers.TRY_LATER),
    AnswerMutation("two-answers", Rule.OCSP_SINGLE_RESPONSE, setting(repeat=2)),
    AnswerMutation("about-another", Rule.OCSP_SINGLE_RESPONSE, about_another),
    AnswerMutation("of-another-issuer", Rule.OCSP_SINGLE_RESPONSE, of_another_issuer),
    AnswerMutation("identified-by-sha-256", Rule.OCSP_SINGLE_RESPONSE, identified(algorithm=hashes.SHA256())),
    AnswerMutation(
        "in-sha-1",
        Rule.OCSP_HASH,
        setting(algorithm=der.sequence(der.oid(crls.ECDSA_WITH_SHA1)), hash=hashes.SHA1()),
    ),
    AnswerMutation("of-another-key", Rule.OCSP_SIGNATURE, of_another_key),
    AnswerMutation("signature-altered", Rule.OCSP_SIGNATURE, altered),
    AnswerMutation("responder-of-another-issuer", Rule.OCSP_RESPONDER, delegated(by=ca("Another", 0))),
    AnswerMutation("responder-of-an-impostor", Rule.OCSP_RESPONDER, delegated(by=IMPOSTOR)),
    AnswerMutation(
        "responder-without-purpose", Rule.OCSP_RESPONDER, delegated(lambda t: t.drop(x509.ExtendedKeyUsage))
    ),
    AnswerMutation("responder-for-code", Rule.OCSP_RESPONDER, purpose(Purpose.CODE_SIGNING)),
    AnswerMutation("responder-for-more", Rule.OCSP_RESPONDER, purpose(Purpose.OCSP_SIGNING, Purpose.CODE_SIGNING)),
    AnswerMutation("responder-without-nocheck", Rule.OCSP_RESPONDER, delegated(lambda t: t.drop(x509.OCSPNoCheck))),
    AnswerMutation("responder-expired", Rule.OCSP_RESPONDER, delegated(expired)),
    AnswerMutation("responder-not-first", Rule.OCSP_RESPONDER, not_first),
    AnswerMutation("responder-not-included", Rule.OCSP_RESPONDER, not_included),
    AnswerMutation("responder-named-as-another", Rule.OCSP_RESPONDER, named_as_another),
    AnswerMutation("no-next-update", Rule.OCSP_UPDATE, setting(next_update=None)),
    AnswerMutation(
        "out-of-date",
        Rule.OCSP_UPDATE,
        setting(this_update=now() - DAY, produced_at=now() - DAY, next_update=now() - DAY + HOUR),
    ),
    AnswerMutation(
        "of-tomorrow",
        Rule.OCSP_UPDATE,
        setting(this_update=now() + DAY, produced_at=now() + DAY, next_update=now() + DAY + HOUR),
    ),
    AnswerMutation("kept-for-two-hours", Rule.OCSP_LIFETIME, setting(next_update=now() + 2 * HOUR)),
    AnswerMutation("critical-in-single", Rule.OCSP_CRITICAL_EXTENSION, critical("single_extensions")),
    AnswerMutation("critical-in-response", Rule.OCSP_CRITICAL_EXTENSION, critical("extensions")),
    AnswerMutation("unknown", Rule.OCSP_STATUS_KNOWN, setting(status=ocsp_answers.UNKNOWN)),
    AnswerMutation(
        "invalidity-of-another-time",
        Rule.REVOCATION_INVALIDITY_DATE,
        setting(status=revoked(now()), single_extensions=[crls.invalidity(now() - HOUR)]),
    ),
    AnswerMutation(
        "invalidity-no-time",
        Rule.OCSP_SYNTAX,
        setting(status=revoked(now()), single_extensions=[der.extension(crls.INVALIDITY_DATE, der.NULL)]),
    ),
]
