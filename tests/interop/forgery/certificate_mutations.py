"""Wrong certificates in chains that are otherwise in order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from verifier import Rule

from .certificates import DAY, Certified, Hierarchy, Template, name, now, usage, with_algorithm, with_unused_bit
from .keys import key

Change = Callable[[Hierarchy], None]
OCSP, CRL = "http://pki.forgery.test/ocsp", "http://pki.forgery.test/crl/1.crl"


@dataclass(frozen=True)
class ChainMutation:
    name: str
    rule: Rule
    change: Change
    """Changes a hierarchy before its certificates are issued."""

    def __str__(self) -> str:
        return self.name


def setting(place: str, **members: object) -> Change:
    """Sets members of one template."""

    def change(hierarchy: Hierarchy):
        for member, value in members.items():
            setattr(getattr(hierarchy, place), member, value)

    return change


def in_sha1(place: str) -> Change:
    return setting(place, edit=with_algorithm("sha1_ecdsa"), edited_hash=hashes.SHA1())


def extension(place: str, value: x509.ExtensionType, *, critical: bool = False) -> Change:
    return lambda hierarchy: getattr(hierarchy, place).set(value, critical)


def without(place: str, kind: type[x509.ExtensionType]) -> Change:
    return lambda hierarchy: getattr(hierarchy, place).drop(kind)


def purposes(*oids: x509.ObjectIdentifier) -> Change:
    return extension("leaf", x509.ExtendedKeyUsage(oids))


def subject(*parts: x509.RelativeDistinguishedName) -> Change:
    return setting("leaf", subject=x509.Name(parts))


def part(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.RelativeDistinguishedName:
    return x509.RelativeDistinguishedName([x509.NameAttribute(oid, value) for oid, value in pairs])


def subject_with(*parts: x509.RelativeDistinguishedName) -> Change:
    return subject(*name("release").rdns, *parts)


def subject_without(oid: x509.ObjectIdentifier) -> Change:
    kept = [one for one in name("release").rdns if not one.get_attributes_for_oid(oid)]
    return subject(*kept)


def points(*urls: str) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in urls]
    )


def access(url: str) -> x509.AuthorityInformationAccess:
    return x509.AuthorityInformationAccess([x509.AccessDescription(Access.OCSP, x509.UniformResourceIdentifier(url))])


def serial(number: int):
    def edit(whole: asn1.Certificate):
        whole["tbs_certificate"]["serial_number"] = number

    return edit


def issuer_in_another_string(whole: asn1.Certificate):
    """The same name for a reader of names, in other octets: UTF8String becomes PrintableString."""
    altered = whole["tbs_certificate"]["issuer"].dump().replace(b"\x0c\x06Issuer", b"\x13\x06Issuer")
    whole["tbs_certificate"]["issuer"] = asn1.Name.load(altered)


def extension_twice(whole: asn1.Certificate):
    extensions = whole["tbs_certificate"]["extensions"]
    extensions.append(extensions[0].copy())


def version_1(whole: asn1.Certificate):
    whole["tbs_certificate"]["version"] = "v1"
    del whole["tbs_certificate"]["extensions"]


def version_2(whole: asn1.Certificate):
    version_1(whole)
    whole["tbs_certificate"]["version"] = "v2"


def signed_by_another(hierarchy: Hierarchy):
    """A leaf that names its issuer and is signed by another of the same name."""
    honest = hierarchy.issue

    def issue():
        leaf, issuer, root = honest()
        impostor = Template(hierarchy.issuer.subject, key("P-384", "Impostor"), hierarchy.issuer.extensions)
        return [hierarchy.leaf.issue(impostor.issue(root)), issuer, root]

    hierarchy.issue = issue


def signature_of(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).signature


def signature_with_unused_bit(hierarchy: Hierarchy):
    honest = hierarchy.issue

    def issue():
        leaf, issuer, root = honest()
        der = with_unused_bit(lambda: hierarchy.leaf.issue(issuer).der, signature_of)
        return [Certified(der, leaf.key), issuer, root]

    hierarchy.issue = issue


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
HOUR = timedelta(hours=1)

EVERYWHERE = [
    ChainMutation("serial-zero", Rule.CERTIFICATE_SERIAL, setting("leaf", edit=serial(0))),
    ChainMutation("serial-negative", Rule.CERTIFICATE_SERIAL, setting("leaf", edit=serial(-1))),
    ChainMutation("serial-of-21-octets", Rule.CERTIFICATE_SERIAL, setting("leaf", edit=serial(1 << 160))),
    ChainMutation("root-version-1", Rule.CERTIFICATE_VERSION, setting("root", edit=version_1)),
    ChainMutation("leaf-version-2", Rule.CERTIFICATE_SYNTAX, setting("leaf", edit=version_2)),
    ChainMutation("leaf-in-sha-1", Rule.CERTIFICATE_HASH, in_sha1("leaf")),
    ChainMutation("issuer-in-sha-1", Rule.CERTIFICATE_HASH, in_sha1("issuer")),
    ChainMutation("signature-with-unused-bit", Rule.CERTIFICATE_SYNTAX, signature_with_unused_bit),
    ChainMutation("extension-twice", Rule.CERTIFICATE_EXTENSIONS, setting("leaf", edit=extension_twice)),
    ChainMutation(
        "critical-extension-unknown",
        Rule.CERTIFICATE_CRITICAL_EXTENSION,
        extension("issuer", UNKNOWN, critical=True),
    ),
    ChainMutation("crl-over-https", Rule.REVOCATION_URL, extension("leaf", points(CRL.replace("http", "https")))),
    ChainMutation("crl-by-ldap", Rule.REVOCATION_URL, extension("issuer", points("ldap://pki.forgery.test/"))),
    ChainMutation("ocsp-over-https", Rule.REVOCATION_URL, extension("leaf", access(OCSP.replace("http", "https")))),
    ChainMutation("two-points", Rule.ONE_DISTRIBUTION_POINT, extension("leaf", points(CRL, CRL + "2"))),
    ChainMutation("leaf-issuer-in-other-octets", Rule.CHAIN_NAMES, setting("leaf", edit=issuer_in_another_string)),
    ChainMutation("leaf-of-an-impostor", Rule.CHAIN_SIGNATURES, signed_by_another),
    ChainMutation("leaf-expired", Rule.CHAIN_VALIDITY, setting("leaf", end=now() - HOUR)),
    ChainMutation("leaf-of-tomorrow", Rule.CHAIN_VALIDITY, setting("leaf", begin=now() + DAY)),
    ChainMutation("issuer-expired", Rule.CHAIN_VALIDITY, setting("issuer", end=now() - HOUR)),
    ChainMutation("root-expired", Rule.CHAIN_VALIDITY, setting("root", end=now() - HOUR)),
]

ISSUERS = [
    ChainMutation(
        "issuer-no-ca",
        Rule.CA_BASIC_CONSTRAINTS,
        extension("issuer", x509.BasicConstraints(False, None), critical=True),
    ),
    ChainMutation("issuer-without-constraints", Rule.CA_BASIC_CONSTRAINTS, without("issuer", x509.BasicConstraints)),
    ChainMutation(
        "issuer-constraints-not-critical",
        Rule.CA_BASIC_CONSTRAINTS_CRITICAL,
        extension("issuer", x509.BasicConstraints(True, 0)),
    ),
    ChainMutation(
        "root-constraints-not-critical",
        Rule.CA_BASIC_CONSTRAINTS_CRITICAL,
        extension("root", x509.BasicConstraints(True, None)),
    ),
    ChainMutation("issuer-without-usage", Rule.KEY_USAGE_PRESENT, without("issuer", x509.KeyUsage)),
    ChainMutation(
        "issuer-usage-not-critical",
        Rule.KEY_USAGE_CRITICAL,
        extension("issuer", usage("key_cert_sign", "crl_sign")),
    ),
    ChainMutation(
        "issuer-without-crl-sign", Rule.CA_KEY_USAGE, extension("issuer", usage("key_cert_sign"), critical=True)
    ),
    ChainMutation("issuer-without-cert-sign", Rule.CA_KEY_USAGE, extension("issuer", usage("crl_sign"), critical=True)),
    ChainMutation(
        "root-path-too-short", Rule.CA_PATH_LENGTH, extension("root", x509.BasicConstraints(True, 0), critical=True)
    ),
]

LEAVES = [
    ChainMutation("leaf-a-ca", Rule.LEAF_NOT_CA, extension("leaf", x509.BasicConstraints(True, None), critical=True)),
    ChainMutation("leaf-without-usage", Rule.KEY_USAGE_PRESENT, without("leaf", x509.KeyUsage)),
    ChainMutation("leaf-usage-not-critical", Rule.KEY_USAGE_CRITICAL, extension("leaf", usage("digital_signature"))),
    *(
        ChainMutation(
            f"leaf-usage-with-{other}",
            Rule.LEAF_KEY_USAGE,
            extension("leaf", usage("digital_signature", *other.split("+")), critical=True),
        )
        for other in (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "key_agreement+encipher_only",
            "key_agreement+decipher_only",
        )
    ),
    ChainMutation(
        "leaf-usage-without-signature",
        Rule.LEAF_KEY_USAGE,
        extension("leaf", usage("content_commitment"), critical=True),
    ),
    ChainMutation("leaf-without-purpose", Rule.LEAF_EXTENDED_KEY_USAGE, without("leaf", x509.ExtendedKeyUsage)),
    *(
        ChainMutation(f"leaf-purpose-with-{title}", Rule.LEAF_EXTENDED_KEY_USAGE, purposes(Purpose.CODE_SIGNING, oid))
        for title, oid in (
            ("server", Purpose.SERVER_AUTH),
            ("client", Purpose.CLIENT_AUTH),
            ("email", Purpose.EMAIL_PROTECTION),
            ("timestamps", Purpose.TIME_STAMPING),
            ("ocsp", Purpose.OCSP_SIGNING),
            ("any", Purpose.ANY_EXTENDED_KEY_USAGE),
            ("another", x509.ObjectIdentifier("1.2.3.4")),
        )
    ),
    *(
        ChainMutation(f"leaf-key-{kind}", Rule.LEAF_KEY, setting("leaf", key=key(kind, "release")))
        for kind in ("K-256", "2560", "Ed25519")
    ),
]

SUBJECTS = [
    ChainMutation("subject-without-country", Rule.SUBJECT_COMPLETE, subject_without(NameOID.COUNTRY_NAME)),
    ChainMutation("subject-without-state", Rule.SUBJECT_COMPLETE, subject_without(NameOID.STATE_OR_PROVINCE_NAME)),
    ChainMutation("subject-without-organization", Rule.SUBJECT_COMPLETE, subject_without(NameOID.ORGANIZATION_NAME)),
    ChainMutation("subject-empty", Rule.SUBJECT_COMPLETE, subject()),
    ChainMutation(
        "subject-with-two-units",
        Rule.SUBJECT_UNIQUE,
        subject_with(part((NameOID.ORGANIZATIONAL_UNIT_NAME, "1")), part((NameOID.ORGANIZATIONAL_UNIT_NAME, "2"))),
    ),
    ChainMutation(
        "subject-multi-valued",
        Rule.SUBJECT_SINGLE_VALUED,
        subject_with(part((NameOID.ORGANIZATIONAL_UNIT_NAME, "1"), (NameOID.LOCALITY_NAME, "2"))),
    ),
    ChainMutation("subject-with-email", Rule.SUBJECT_KNOWN, subject_with(part((NameOID.EMAIL_ADDRESS, "a@b.test")))),
    ChainMutation("subject-with-domain", Rule.SUBJECT_KNOWN, subject_with(part((NameOID.DOMAIN_COMPONENT, "test")))),
]

CERTIFICATES = EVERYWHERE + ISSUERS + LEAVES + SUBJECTS
