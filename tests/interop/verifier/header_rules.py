"""What the protected headers of an envelope have to say, and must not."""

import re
from datetime import datetime

from . import plugin
from .envelope import (
    AUTHENTIC_SIGNING_TIME,
    CONTENT_TYPE,
    EXPIRY,
    NEVER_CRITICAL,
    PLUGIN,
    PLUGIN_MIN_VERSION,
    SCHEME,
    SIGNING_TIME,
    Envelope,
)
from .rule import Rule, require

X509 = "notary.x509"
SIGNING_AUTHORITY = "notary.x509.signingAuthority"
# Each scheme's own time, and the other's.
TIMES_OF = {
    X509: (SIGNING_TIME, AUTHENTIC_SIGNING_TIME),
    SIGNING_AUTHORITY: (AUTHENTIC_SIGNING_TIME, SIGNING_TIME),
}
STANDARD = (SCHEME, SIGNING_TIME, AUTHENTIC_SIGNING_TIME, EXPIRY, PLUGIN, PLUGIN_MIN_VERSION)
# https://semver.org, section "Is there a suggested regular expression"
_NUMBER, _LABEL = r"(?:0|[1-9]\d*)", r"(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
SEMANTIC_VERSION = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_LABEL}(?:\.{_LABEL})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)


def check(envelope: Envelope, at: datetime):
    require(envelope.content_type == CONTENT_TYPE, Rule.CONTENT_TYPE, envelope.content_type)
    _check_scheme(envelope)
    _check_times(envelope, at)
    _check_critical(envelope)
    _check_plugin(envelope)


def scheme(envelope: Envelope) -> str:
    return envelope.headers[SCHEME]


def signing_time(envelope: Envelope) -> datetime:
    return envelope.time(TIMES_OF[scheme(envelope)][0])


def attributes(envelope: Envelope) -> dict[str, object]:
    """The extended signed attributes."""
    return {name: value for name, value in envelope.headers.items() if name not in STANDARD}


def _check_scheme(envelope: Envelope):
    name = envelope.headers.get(SCHEME)
    require(isinstance(name, str) and name in TIMES_OF, Rule.SCHEME, name)
    own, other = TIMES_OF[name]
    require(own in envelope.headers, Rule.SIGNING_TIME, own)
    require(other not in envelope.headers, Rule.SIGNING_TIME_OF_OTHER_SCHEME, other)
    if name == SIGNING_AUTHORITY:
        require(envelope.token is None, Rule.TOKEN_UNDER_SIGNING_AUTHORITY)


def _check_times(envelope: Envelope, at: datetime):
    expiry = envelope.time(EXPIRY)
    if expiry is not None:
        require(expiry > signing_time(envelope), Rule.EXPIRY_AFTER_SIGNING, expiry)
        require(at < expiry, Rule.EXPIRED, expiry)


def _check_critical(envelope: Envelope):
    critical, headers = envelope.critical, envelope.headers
    require(isinstance(critical, list) and critical, Rule.CRIT_FORM, critical)
    names = all(isinstance(name, str | int) and not isinstance(name, bool) for name in critical)
    require(names, Rule.CRIT_FORM, critical)
    require(len(set(critical)) == len(critical), Rule.CRIT_DUPLICATE, critical)
    forbidden = {*NEVER_CRITICAL, SIGNING_TIME} & set(critical)
    require(not forbidden, Rule.CRIT_FORBIDDEN, forbidden)
    absent = set(critical) - set(headers)
    require(not absent, Rule.CRIT_ABSENT, absent)
    needed = {SCHEME, AUTHENTIC_SIGNING_TIME, EXPIRY, PLUGIN, PLUGIN_MIN_VERSION} & set(headers)
    require(needed <= set(critical), Rule.CRIT_MISSING, needed - set(critical))


def _check_plugin(envelope: Envelope):
    extended = attributes(envelope)
    critical = {name for name in extended if name in envelope.critical}
    name = envelope.headers.get(PLUGIN)
    version = envelope.headers.get(PLUGIN_MIN_VERSION)
    if version is not None:
        well_formed = isinstance(version, str) and SEMANTIC_VERSION.fullmatch(version)
        require(PLUGIN in envelope.headers and well_formed, Rule.PLUGIN_VERSION_FORM, version)
    if PLUGIN in envelope.headers:
        require(isinstance(name, str) and name.strip() != "", Rule.PLUGIN_FORM, name)
        plugin.check(name, extended, critical)
        return
    require(not critical, Rule.UNKNOWN_CRITICAL_ATTRIBUTE, critical)
    require(not extended, Rule.STRAY_HEADER, list(extended))
