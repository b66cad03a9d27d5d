"""What a certificate of the Notary Project may be used for, by its place in a chain."""

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .certificate import Certificate
from .rule import Rule, require

USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
# Attributes that Go's crypto/x509 can name, so that `x509.subject` identities can be matched.
NAMEABLE = {
    NameOID.COUNTRY_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.STREET_ADDRESS,
    NameOID.POSTAL_CODE,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.COMMON_NAME,
    NameOID.SERIAL_NUMBER,
}
NEEDED = {NameOID.COUNTRY_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.ORGANIZATION_NAME}


def usages(certificate: Certificate) -> set[str]:
    """The bits of keyUsage."""
    extension = certificate.extension(x509.KeyUsage)
    require(extension is not None, Rule.KEY_USAGE_PRESENT, certificate)
    found = {name for name in USAGES if getattr(extension.value, name)}
    if extension.value.key_agreement:
        found |= {name for name in ("encipher_only", "decipher_only") if getattr(extension.value, name)}
    return found


def purposes(certificate: Certificate) -> set[x509.ObjectIdentifier]:
    """What extendedKeyUsage names; nothing when it is absent."""
    extension = certificate.extension(x509.ExtendedKeyUsage)
    return set(extension.value) if extension else set()


def check_key_usage_critical(certificate: Certificate):
    usages(certificate)
    require(certificate.extension(x509.KeyUsage).critical, Rule.KEY_USAGE_CRITICAL, certificate)


def check_signing_leaf(leaf: Certificate):
    """A leaf that signs envelopes."""
    check_end_entity(leaf)
    check_key_usage_critical(leaf)
    require(usages(leaf) == {"digital_signature"}, Rule.LEAF_KEY_USAGE, usages(leaf))
    require(purposes(leaf) == {ExtendedKeyUsageOID.CODE_SIGNING}, Rule.LEAF_EXTENDED_KEY_USAGE, purposes(leaf))
    check_subject(leaf)


def check_timestamping_leaf(leaf: Certificate):
    """A leaf that signs timestamp tokens (RFC 3161 section 2.3)."""
    check_end_entity(leaf)
    found = usages(leaf)
    allowed = {"digital_signature", "content_commitment"}
    require("digital_signature" in found and found <= allowed, Rule.TSA_KEY_USAGE, found)
    extension = leaf.extension(x509.ExtendedKeyUsage)
    sole = purposes(leaf) == {ExtendedKeyUsageOID.TIME_STAMPING}
    require(sole and extension.critical, Rule.TSA_EXTENDED_KEY_USAGE, purposes(leaf))


def check_end_entity(leaf: Certificate):
    constraints = leaf.extension(x509.BasicConstraints)
    require(constraints is None or not constraints.value.ca, Rule.LEAF_NOT_CA, leaf)


def check_issuer(issuer: Certificate, intermediates_below: int):
    """A certificate that issued the one before it."""
    constraints = issuer.extension(x509.BasicConstraints)
    require(constraints is not None and constraints.value.ca, Rule.CA_BASIC_CONSTRAINTS, issuer)
    require(constraints.critical, Rule.CA_BASIC_CONSTRAINTS_CRITICAL, issuer)
    check_key_usage_critical(issuer)
    require({"key_cert_sign", "crl_sign"} <= usages(issuer), Rule.CA_KEY_USAGE, usages(issuer))
    length = constraints.value.path_length
    require(length is None or intermediates_below <= length, Rule.CA_PATH_LENGTH, issuer)


def check_subject(leaf: Certificate):
    """A subject that `x509.subject` identities can be matched against."""
    parts = list(leaf.subject.rdns)
    require(all(len(list(part)) == 1 for part in parts), Rule.SUBJECT_SINGLE_VALUED, leaf)
    kinds = [attribute.oid for part in parts for attribute in part]
    require(set(kinds) <= NAMEABLE, Rule.SUBJECT_KNOWN, leaf)
    require(len(set(kinds)) == len(kinds), Rule.SUBJECT_UNIQUE, leaf)
    require(set(kinds) >= NEEDED, Rule.SUBJECT_COMPLETE, leaf)
