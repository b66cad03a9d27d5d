"""Since when a certificate is revoked, as CRL entries and OCSP answers alike say it."""

from datetime import UTC, datetime

from asn1crypto import core
from cryptography import x509

from .octets import check_der
from .rule import Rule, broken, require

# RFC 5280 section 5.3.2. In an OCSP answer the library leaves it as octets.
INVALIDITY_DATE = x509.InvalidityDate.oid
WHENEVER = datetime.min.replace(tzinfo=UTC)


def revoked_from(extensions: x509.Extensions, revoked_at: datetime) -> datetime:
    """The invalidity date, which must be the date of the revocation; without one it is revoked whenever it signed."""
    found = [extension for extension in extensions if extension.oid == INVALIDITY_DATE]
    if not found:
        return WHENEVER
    date = _date(found[0].value)
    in_order = not found[0].critical and date == revoked_at
    require(in_order, Rule.REVOCATION_INVALIDITY_DATE, f"{date}, revoked at {revoked_at}")
    return date


def _date(value: x509.ExtensionType) -> datetime:
    if isinstance(value, x509.InvalidityDate):
        return value.invalidity_date_utc
    octets = value.public_bytes()
    check_der(octets, Rule.REVOCATION_INVALIDITY_DATE)
    try:
        return core.GeneralizedTime.load(octets, strict=True).native
    except (ValueError, TypeError) as error:
        broken(Rule.REVOCATION_INVALIDITY_DATE, error, error)
