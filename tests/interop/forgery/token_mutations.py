"""Wrong timestamp tokens, each under a signature of its authority that holds."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from verifier import Rule

from . import der, tokens
from .certificate_mutations import ChainMutation, extension, setting, without
from .certificates import DAY, now, usage
from .keys import key
from .tokens import TokenDraft


@dataclass(frozen=True)
class TokenMutation:
    name: str
    rule: Rule
    change: Callable[[TokenDraft], bytes | None]
    """Changes a draft before it is signed, or returns the octets that it becomes."""

    def of(self, draft: TokenDraft) -> bytes:
        octets = self.change(draft)
        return draft.seal() if octets is None else octets

    def __str__(self) -> str:
        return self.name


def setting_of(**members: object):
    def change(draft: TokenDraft):
        for member, value in members.items():
            setattr(draft, member, value)

    return change


def info(**fields: bytes):
    """Sets fields of the TSTInfo; new ones stand last."""
    return lambda draft: draft.info.update(fields)


def imprint(algorithm: str, *, parameters: bytes = der.NULL, more: bytes = b""):
    def change(draft: TokenDraft):
        draft.info["imprint"] = tokens.imprint(algorithm, draft.signature + more, parameters)

    return change


def attributes(**by_name: bytes):
    kinds = {"content_type": tokens.CONTENT_TYPE, "message_digest": tokens.MESSAGE_DIGEST}
    return lambda draft: draft.attributes.update({kinds[name]: value for name, value in by_name.items()})


def without_attribute(kind: str):
    start = der.oid(kind)
    return setting_of(arrange=lambda all_of: sorted(one for one in all_of if start not in one[:20]))


def twice(all_of: list[bytes]) -> list[bytes]:
    return sorted([*all_of, all_of[0]])


def two_values(draft: TokenDraft):
    value = tokens.meant(draft.chain[0].der)
    kind = tokens.SIGNING_CERTIFICATE_V2
    draft.attributes[kind] = tokens.attribute(kind, value, tokens.meant(draft.chain[0].der, tokens.SHA384))


def meaning(place: int, **words: object):
    """signingCertificateV2 about a certificate of the chain."""

    def change(draft: TokenDraft):
        kind = tokens.SIGNING_CERTIFICATE_V2
        draft.attributes[kind] = tokens.attribute(kind, tokens.meant(draft.chain[place].der, **words))

    return change


def meaning_by_serial(draft: TokenDraft):
    """The signing certificate's issuer and serial number beside its hash, which may be there."""
    right = tokens.issuer_serial(draft.chain[0], draft.chain[0].x509.serial_number)
    meaning(0, issuer_serial=right)(draft)


def meaning_another_serial(draft: TokenDraft):
    wrong = tokens.issuer_serial(draft.chain[0], draft.chain[0].x509.serial_number + 1)
    meaning(0, issuer_serial=wrong)(draft)


def version_1_attribute(draft: TokenDraft):
    """ESSCertID of RFC 2634, by SHA-1, alone."""
    draft.attributes = {}
    entry = der.sequence(der.octets(tokens.digest(tokens.SHA1, draft.chain[0].der)))
    draft.attributes[tokens.SIGNING_CERTIFICATE] = tokens.attribute(
        tokens.SIGNING_CERTIFICATE, der.sequence(der.sequence(entry))
    )


def by_key_identifier(version: int):
    def change(draft: TokenDraft):
        identifier = x509.SubjectKeyIdentifier.from_public_key(draft.chain[0].key.public_key()).digest
        draft.signer_version, draft.signer_id = version, der.value(0x80, identifier)

    return change


def response(draft: TokenDraft) -> bytes:
    return der.sequence(der.sequence(der.integer(0)), draft.seal())


def plain_data(octets: bytes) -> bytes:
    """A ContentInfo that holds octets."""
    return der.sequence(der.oid(tokens.DATA), der.explicit(0, der.octets(octets)))


def meaning_nothing(draft: TokenDraft):
    kind = tokens.SIGNING_CERTIFICATE_V2
    draft.attributes[kind] = tokens.attribute(kind, der.sequence(der.sequence()))


def indefinite(draft: TokenDraft) -> bytes:
    """BER: the outermost length left open."""
    octets = draft.seal()
    assert octets[1] == 0x82
    return b"\x30\x80" + octets[4:] + b"\0\0"


def time(text: str):
    return info(time=der.value(0x18, now().strftime(text).encode()))


def signed_by(other: str):
    """Signs with another key than the certificate's."""

    def change(draft: TokenDraft):
        own = draft.chain[0]
        draft.chain = [replace(own, key=key("P-384", other)), *draft.chain[1:]]

    return change


def another_of_the_same_name(draft: TokenDraft):
    """Includes, in place of the signing certificate, its issuer's alone."""
    draft.included = draft.included[1:]


STRUCTURE = [
    TokenMutation("garbage", Rule.TOKEN_SYNTAX, lambda draft: b"\x30\x00"),
    TokenMutation("followed", Rule.TOKEN_SYNTAX, lambda draft: draft.seal() + b"\0"),
    TokenMutation("cut-off", Rule.TOKEN_SYNTAX, lambda draft: draft.seal()[:-1]),
    TokenMutation("whole-response", Rule.TOKEN_SYNTAX, response),
    TokenMutation("content-info-of-data", Rule.TOKEN_SYNTAX, lambda draft: plain_data(draft.seal())),
    TokenMutation("indefinite-length", Rule.TOKEN_SYNTAX, indefinite),
    TokenMutation("version-1", Rule.TOKEN_SIGNED_DATA_VERSION, setting_of(version=1)),
    TokenMutation("about-data", Rule.TOKEN_CONTENT_TYPE, setting_of(content_type=tokens.DATA)),
    TokenMutation("no-signer", Rule.TOKEN_ONE_SIGNER, setting_of(repeat_signers=0)),
    TokenMutation("two-signers", Rule.TOKEN_ONE_SIGNER, setting_of(repeat_signers=2)),
    TokenMutation("signer-version-3", Rule.TOKEN_SIGNER_VERSION, setting_of(signer_version=3)),
    TokenMutation("signer-by-key-identifier", Rule.TOKEN_SIGNER_VERSION, by_key_identifier(3)),
    TokenMutation("signer-by-key-identifier-in-version-1", Rule.TOKEN_SIGNER_VERSION, by_key_identifier(1)),
    TokenMutation("no-certificates", Rule.TOKEN_CERTIFICATES, setting_of(included=[])),
    TokenMutation("without-signing-certificate", Rule.TOKEN_CERTIFICATES, another_of_the_same_name),
    TokenMutation("without-intermediate", Rule.TSA_ANCHOR, lambda d: setattr(d, "included", d.included[:1])),
]

ATTRIBUTES = [
    TokenMutation("no-attributes", Rule.TOKEN_ATTRIBUTES, setting_of(arrange=lambda all_of: [])),
    TokenMutation("no-content-type", Rule.TOKEN_ATTRIBUTES, without_attribute(tokens.CONTENT_TYPE)),
    TokenMutation("no-message-digest", Rule.TOKEN_ATTRIBUTES, without_attribute(tokens.MESSAGE_DIGEST)),
    TokenMutation("no-signing-certificate", Rule.TOKEN_ATTRIBUTES, without_attribute(tokens.SIGNING_CERTIFICATE_V2)),
    TokenMutation("signing-certificate-v1", Rule.TOKEN_ATTRIBUTES, version_1_attribute),
    TokenMutation("attribute-twice", Rule.TOKEN_ATTRIBUTES, setting_of(arrange=twice)),
    TokenMutation("attribute-of-two-values", Rule.TOKEN_ATTRIBUTES, two_values),
    TokenMutation(
        "attributes-out-of-order",
        Rule.TOKEN_ATTRIBUTE_ORDER,
        setting_of(arrange=lambda all_of: sorted(all_of, reverse=True)),
    ),
    TokenMutation(
        "content-type-of-data",
        Rule.TOKEN_ATTRIBUTE_CONTENT_TYPE,
        attributes(content_type=tokens.attribute(tokens.CONTENT_TYPE, der.oid(tokens.DATA))),
    ),
    TokenMutation(
        "digest-of-another",
        Rule.TOKEN_MESSAGE_DIGEST,
        attributes(message_digest=tokens.attribute(tokens.MESSAGE_DIGEST, der.octets(bytes(48)))),
    ),
    TokenMutation("signing-certificate-another", Rule.TOKEN_SIGNING_CERTIFICATE, meaning(1)),
    TokenMutation("signing-certificate-none", Rule.TOKEN_SIGNING_CERTIFICATE, meaning_nothing),
    TokenMutation("signing-certificate-of-other-serial", Rule.TOKEN_SIGNING_CERTIFICATE, meaning_another_serial),
    TokenMutation("signing-certificate-by-sha-1", Rule.TOKEN_HASH, meaning(0, algorithm=tokens.SHA1)),
    TokenMutation("digest-by-sha-1", Rule.TOKEN_HASH, setting_of(digest_algorithm=tokens.SHA1)),
    TokenMutation("digest-not-listed", Rule.TOKEN_HASH, setting_of(listed_algorithm=tokens.SHA256)),
    TokenMutation("digest-by-another-hash", Rule.TOKEN_HASH, setting_of(digest_algorithm=tokens.SHA256)),
    TokenMutation(
        "signature-said-to-be-ed25519",
        Rule.TOKEN_SIGNATURE,
        setting_of(signature_algorithm=der.sequence(der.oid("1.3.101.112"))),
    ),
    TokenMutation(
        "signature-of-unknown-algorithm",
        Rule.TOKEN_SIGNATURE,
        setting_of(signature_algorithm=der.sequence(der.oid("1.2.3.4"))),
    ),
    TokenMutation("signature-of-another-key", Rule.TOKEN_SIGNATURE, signed_by("Mallory")),
    TokenMutation("signature-altered", Rule.TOKEN_SIGNATURE, setting_of(spoil=lambda s: s[:-1] + bytes([s[-1] ^ 1]))),
]

INFO = [
    TokenMutation("info-of-other-fields", Rule.TOKEN_SYNTAX, setting_of(info={"only": der.NULL})),
    TokenMutation("info-version-2", Rule.TOKEN_INFO_VERSION, info(version=der.integer(2))),
    TokenMutation(
        "info-extension-critical",
        Rule.TOKEN_INFO_EXTENSION,
        info(extensions=der.explicit(1, der.extension("1.2.3.4", der.NULL, critical=True))),
    ),
    TokenMutation("imprint-by-sha-256", Rule.TOKEN_IMPRINT_HASH, imprint(tokens.SHA256)),
    TokenMutation("imprint-by-sha-1", Rule.TOKEN_IMPRINT_HASH, imprint(tokens.SHA1)),
    TokenMutation("imprint-without-null", Rule.TOKEN_IMPRINT_PARAMETERS, imprint(tokens.SHA384, parameters=b"")),
    TokenMutation("imprint-of-another-signature", Rule.TOKEN_IMPRINT, imprint(tokens.SHA384, more=b"\0")),
    TokenMutation("time-with-trailing-zero", Rule.TOKEN_TIME_FORM, time("%Y%m%d%H%M%S.50Z")),
    TokenMutation("time-with-offset", Rule.TOKEN_TIME_FORM, time("%Y%m%d%H%M%S+0000")),
    TokenMutation("time-without-seconds", Rule.TOKEN_TIME_FORM, time("%Y%m%d%H%MZ")),
    TokenMutation("time-before-authority", Rule.TSA_VALIDITY, info(time=der.time(now() - 2 * DAY))),
    TokenMutation("time-after-authority", Rule.TSA_VALIDITY, info(time=der.time(now() + 31 * DAY))),
    TokenMutation("accuracy-of-two-days", Rule.TSA_VALIDITY, info(accuracy=der.sequence(der.integer(2 * 86_400)))),
]

TOKENS = STRUCTURE + ATTRIBUTES + INFO


def purposes(*oids: x509.ObjectIdentifier, critical: bool = True):
    return extension("leaf", x509.ExtendedKeyUsage(oids), critical=critical)


AUTHORITIES = [
    ChainMutation("tsa-without-usage", Rule.KEY_USAGE_PRESENT, without("leaf", x509.KeyUsage)),
    ChainMutation("tsa-usage-of-issuer", Rule.TSA_KEY_USAGE, extension("leaf", usage("digital_signature", "crl_sign"))),
    ChainMutation("tsa-usage-without-signature", Rule.TSA_KEY_USAGE, extension("leaf", usage("content_commitment"))),
    ChainMutation("tsa-without-purpose", Rule.TSA_EXTENDED_KEY_USAGE, without("leaf", x509.ExtendedKeyUsage)),
    ChainMutation(
        "tsa-purpose-not-critical", Rule.TSA_EXTENDED_KEY_USAGE, purposes(Purpose.TIME_STAMPING, critical=False)
    ),
    ChainMutation(
        "tsa-purpose-not-sole", Rule.TSA_EXTENDED_KEY_USAGE, purposes(Purpose.TIME_STAMPING, Purpose.CODE_SIGNING)
    ),
    ChainMutation("tsa-purpose-another", Rule.TSA_EXTENDED_KEY_USAGE, purposes(Purpose.CODE_SIGNING)),
    ChainMutation("tsa-a-ca", Rule.LEAF_NOT_CA, extension("leaf", x509.BasicConstraints(True, None), critical=True)),
    ChainMutation("tsa-key-of-2560-bits", Rule.LEAF_KEY, setting("leaf", key=key("2560", "Timestamps"))),
    ChainMutation(
        "tsa-issuer-without-crl-sign",
        Rule.CA_KEY_USAGE,
        extension("issuer", usage("key_cert_sign"), critical=True),
    ),
    ChainMutation("tsa-issuer-expired", Rule.TSA_VALIDITY, setting("issuer", end=now() - DAY / 24)),
]
