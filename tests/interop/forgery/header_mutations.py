"""Wrong headers, the same in both formats."""

from datetime import timedelta

from verifier import Rule

from .drafts import AUTHENTIC_TIME, EXPIRY, PLUGIN, PLUGIN_VERSION, SCHEME, TIME, Draft
from .mutation import Mutation, both, drop, header, put

AWS = "com.amazonaws.signer.notation.plugin"
PROFILE, JOB = "com.amazonaws.signer.signingProfileVersion", "com.amazonaws.signer.signingJob"


def with_plugin(draft: Draft):
    """Names AWS's plugin, with all that it needs."""
    draft.protected |= {PLUGIN: AWS, PLUGIN_VERSION: "1.0.292", PROFILE: "arn:profile", JOB: "arn:job"}
    draft.protected["crit"] += [PLUGIN, PLUGIN_VERSION, PROFILE, JOB]


def x509(draft: Draft):
    draft.only("notary.x509")
    draft.protected["crit"].append(EXPIRY)


def uncritical(name: str):
    def change(draft: Draft):
        draft.protected["crit"].remove(name)

    return change


def critical(*names: object):
    def change(draft: Draft):
        draft.protected["crit"] += names

    return change


def expiry_after(seconds: int):
    """Expires so long after it was signed."""

    def change(draft: Draft):
        draft.protected[EXPIRY] = draft.protected[AUTHENTIC_TIME] + timedelta(seconds=seconds)

    return change


def expired(draft: Draft):
    draft.protected[AUTHENTIC_TIME] -= timedelta(hours=2)
    expiry_after(3600)(draft)


def with_time_of_other_scheme(draft: Draft):
    draft.protected[TIME] = draft.protected[AUTHENTIC_TIME]


def x509_with_authentic_time(draft: Draft):
    x509(draft)
    draft.protected[AUTHENTIC_TIME] = draft.protected[TIME]
    draft.protected["crit"].append(AUTHENTIC_TIME)


CRITICAL = [
    Mutation("crit-gone", Rule.CRIT_FORM, drop("crit")),
    Mutation("crit-empty", Rule.CRIT_FORM, put(crit=[])),
    Mutation("crit-a-text", Rule.CRIT_FORM, put(crit=SCHEME)),
    Mutation("crit-of-null", Rule.CRIT_FORM, critical(None)),
    Mutation("crit-repeats", Rule.CRIT_DUPLICATE, critical(SCHEME)),
    Mutation("crit-names-alg", Rule.CRIT_FORBIDDEN, critical("alg")),
    Mutation("crit-names-cty", Rule.CRIT_FORBIDDEN, critical("cty")),
    Mutation("crit-names-crit", Rule.CRIT_FORBIDDEN, critical("crit")),
    Mutation("crit-names-signing-time", Rule.CRIT_FORBIDDEN, both(x509, critical(TIME))),
    Mutation("crit-names-the-absent", Rule.CRIT_ABSENT, critical("com.example.absent")),
    Mutation("crit-without-scheme", Rule.CRIT_MISSING, uncritical(SCHEME)),
    Mutation("crit-without-authentic-time", Rule.CRIT_MISSING, uncritical(AUTHENTIC_TIME)),
    Mutation("crit-without-expiry", Rule.CRIT_MISSING, uncritical(EXPIRY)),
    Mutation("crit-without-plugin", Rule.CRIT_MISSING, both(with_plugin, uncritical(PLUGIN))),
    Mutation("crit-without-plugin-version", Rule.CRIT_MISSING, both(with_plugin, uncritical(PLUGIN_VERSION))),
]

SCHEMES_AND_TIMES = [
    Mutation("content-type-another", Rule.CONTENT_TYPE, put(cty="application/vnd.cncf.notary.v2.jws.v1")),
    Mutation("content-type-in-capitals", Rule.CONTENT_TYPE, put(cty="Application/vnd.cncf.notary.payload.v1+json")),
    Mutation("content-type-gone", Rule.CONTENT_TYPE, drop("cty")),
    Mutation("scheme-unknown", Rule.SCHEME, header(SCHEME, "notary.x509.another")),
    Mutation("scheme-a-number", Rule.SCHEME, header(SCHEME, 1)),
    Mutation("scheme-gone", Rule.SCHEME, drop(SCHEME)),
    Mutation("authentic-time-gone", Rule.SIGNING_TIME, drop(AUTHENTIC_TIME)),
    Mutation("signing-time-gone", Rule.SIGNING_TIME, both(x509, drop(TIME))),
    Mutation("scheme-of-the-other-time", Rule.SIGNING_TIME, header(SCHEME, "notary.x509")),
    Mutation("both-times", Rule.SIGNING_TIME_OF_OTHER_SCHEME, with_time_of_other_scheme),
    Mutation("both-times-under-x509", Rule.SIGNING_TIME_OF_OTHER_SCHEME, x509_with_authentic_time),
    Mutation("expiry-when-signed", Rule.EXPIRY_AFTER_SIGNING, expiry_after(0)),
    Mutation("expiry-before-signed", Rule.EXPIRY_AFTER_SIGNING, expiry_after(-1)),
    Mutation("expired", Rule.EXPIRED, expired),
    Mutation("token-under-authority", Rule.TOKEN_UNDER_SIGNING_AUTHORITY, lambda d: setattr(d, "stamp", bytes)),
]

ATTRIBUTES = [
    Mutation("plugin-empty", Rule.PLUGIN_FORM, header(PLUGIN, "", critical=True)),
    Mutation("plugin-blank", Rule.PLUGIN_FORM, header(PLUGIN, " ", critical=True)),
    Mutation("plugin-a-number", Rule.PLUGIN_FORM, header(PLUGIN, 1, critical=True)),
    Mutation("plugin-unknown", Rule.PLUGIN_UNKNOWN, header(PLUGIN, "com.example.plugin", critical=True)),
    *(
        Mutation(
            f"plugin-version-{version}", Rule.PLUGIN_VERSION_FORM, both(with_plugin, header(PLUGIN_VERSION, version))
        )
        for version in ("v1.0.0", "1.0", "01.0.0", "1.0.0-", "", 1)
    ),
    Mutation("plugin-version-alone", Rule.PLUGIN_VERSION_FORM, header(PLUGIN_VERSION, "1.0.0", critical=True)),
    Mutation("plugin-without-job", Rule.PLUGIN_ATTRIBUTES, both(with_plugin, drop(JOB))),
    Mutation("plugin-with-job-not-critical", Rule.PLUGIN_ATTRIBUTES, both(with_plugin, uncritical(JOB))),
    Mutation("plugin-with-job-a-number", Rule.PLUGIN_ATTRIBUTES, both(with_plugin, header(JOB, 1))),
    Mutation("plugin-with-stray-typ", Rule.STRAY_HEADER, both(with_plugin, header("typ", "JOSE"))),
    Mutation(
        "plugin-with-stray-critical",
        Rule.STRAY_HEADER,
        both(with_plugin, header("com.example.more", "1", critical=True)),
    ),
    Mutation("attribute-critical", Rule.UNKNOWN_CRITICAL_ATTRIBUTE, header("com.example.more", "1", critical=True)),
    Mutation("attribute-stray", Rule.STRAY_HEADER, header("com.example.more", "1")),
    Mutation("attribute-kid", Rule.STRAY_HEADER, header("kid", "1")),
    Mutation("unprotected-more", Rule.UNPROTECTED_HEADER, lambda d: d.unprotected.update({"com.example.more": "1"})),
    Mutation(
        "unprotected-agent-a-number",
        Rule.UNPROTECTED_HEADER,
        lambda d: d.unprotected.update({"io.cncf.notary.signingAgent": 1}),
    ),
]

HEADERS = CRITICAL + SCHEMES_AND_TIMES + ATTRIBUTES
