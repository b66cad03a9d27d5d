"""Certificate revocation lists (RFC 5280 section 5), as their certificates' verifiers may rely on them."""

from datetime import datetime

from asn1crypto import crl as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from . import revocation_date
from .algorithm import SHA2, verifies
from .certificate import Certificate
from .octets import check_signed
from .rule import Rule, broken, require

UNDERSTOOD = {x509.IssuingDistributionPoint.oid}
UNDERSTOOD_IN_ENTRIES = {x509.CRLReason.oid, x509.InvalidityDate.oid}


def revoked_from(
    der: bytes, certificate: Certificate, issuer: Certificate, url: str, at: datetime, *, sharded: bool
) -> datetime | None:
    """Checks a list that was fetched from a certificate's distribution point.

    `sharded` is whether its issuer spreads certificates over several lists, so that each has to say which it is about.
    Returns since when the certificate is revoked, or None if the list does not name it.
    """
    read, issuer_der = _read(der)
    require(issuer_der == issuer.subject_der == certificate.issuer_der, Rule.CRL_ISSUER, read.issuer)
    _check_signature(read, issuer)
    _check_times(read, at)
    _check_extensions(read, certificate, url, sharded)
    entry = read.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return None if entry is None else _effective(entry)


def _read(der: bytes) -> tuple[x509.CertificateRevocationList, bytes]:
    """The list, and its issuer's name as it stands there."""
    check_signed(der, Rule.CRL_SYNTAX)
    try:
        fields = asn1.CertificateList.load(der, strict=True)["tbs_cert_list"]
        require(fields["version"].native == "v2", Rule.CRL_VERSION, fields["version"].native)
        read = x509.load_der_x509_crl(der)
        list(read.extensions)
        for entry in read:
            list(entry.extensions)
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        broken(Rule.CRL_SYNTAX, error, error)
    return read, fields["issuer"].dump()


def _check_signature(read: x509.CertificateRevocationList, issuer: Certificate):
    try:
        hash_algorithm, parameters = read.signature_hash_algorithm, read.signature_algorithm_parameters
    except UnsupportedAlgorithm as error:
        broken(Rule.CRL_HASH, error, error)
    require(isinstance(hash_algorithm, SHA2), Rule.CRL_HASH, read.signature_algorithm_oid)
    signed = verifies(issuer.key, read.signature, read.tbs_certlist_bytes, parameters, hash_algorithm)
    require(signed, Rule.CRL_SIGNATURE)


def _check_times(read: x509.CertificateRevocationList, at: datetime):
    require(read.next_update_utc is not None, Rule.CRL_UPDATE, "no nextUpdate")
    current = read.last_update_utc <= at <= read.next_update_utc
    require(current, Rule.CRL_UPDATE, f"{read.last_update_utc} to {read.next_update_utc}, not at {at}")


def _check_extensions(read: x509.CertificateRevocationList, certificate: Certificate, url: str, sharded: bool):
    for extension in read.extensions:
        known = not extension.critical or extension.oid in UNDERSTOOD
        require(known, Rule.CRL_CRITICAL_EXTENSION, extension.oid)
    found = {extension.oid: extension for extension in read.extensions}
    require(x509.CRLNumber.oid in found, Rule.CRL_NUMBER)
    point = found.get(x509.IssuingDistributionPoint.oid)
    if point is None:
        # A list without one is about all certificates of its issuer.
        require(not sharded, Rule.CRL_DISTRIBUTION_POINT, "absent")
        return
    require(point.critical, Rule.CRL_DISTRIBUTION_POINT, "not critical")
    names = [name.value for name in point.value.full_name or []]
    require(names == [url] == certificate.crl_urls(), Rule.CRL_DISTRIBUTION_POINT, names)
    constraints = certificate.extension(x509.BasicConstraints)
    is_ca = constraints is not None and constraints.value.ca
    narrowed = point.value.only_contains_user_certs if is_ca else point.value.only_contains_ca_certs
    narrowed |= point.value.indirect_crl or point.value.only_contains_attribute_certs
    narrowed |= point.value.only_some_reasons is not None
    require(not narrowed, Rule.CRL_DISTRIBUTION_POINT, "about other certificates")


def _effective(entry: x509.RevokedCertificate) -> datetime:
    for extension in entry.extensions:
        known = not extension.critical or extension.oid in UNDERSTOOD_IN_ENTRIES
        require(known, Rule.CRL_ENTRY_EXTENSION, extension.oid)
    return revocation_date.revoked_from(entry.extensions, entry.revocation_date_utc)
