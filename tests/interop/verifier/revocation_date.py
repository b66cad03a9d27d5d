"""Since when a certificate is revoked, as CRL entries and OCSP answers alike say it."""

from datetime import UTC, datetime

from cryptography import x509

from .rule import Rule, require

WHENEVER = datetime.min.replace(tzinfo=UTC)


def revoked_from(extensions: x509.Extensions, revoked_at: datetime) -> datetime:
    """The invalidity date (RFC 5280 section 5.3.2), which must be the date of the revocation.

    Without one the certificate is revoked whenever it signed.
    """
    try:
        found = extensions.get_extension_for_class(x509.InvalidityDate)
    except x509.ExtensionNotFound:
        return WHENEVER
    date = found.value.invalidity_date_utc
    in_order = not found.critical and date == revoked_at
    require(in_order, Rule.REVOCATION_INVALIDITY_DATE, f"{date}, revoked at {revoked_at}")
    return date
