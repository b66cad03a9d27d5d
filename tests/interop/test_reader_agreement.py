"""The reader of Hallmark's clients against the verifier of these tests: it refuses whatever that does, but for what is
listed here with its reason; and it finds good what is in order, of every kind of key."""

from functools import partial

import pytest

from forgery import leniency, tokens
from forgery.body_mutations import BODIES, RSA_SIGNATURES
from forgery.certificate_mutations import CERTIFICATES
from forgery.certificates import Hierarchy, now, signing_leaf
from forgery.cose_mutations import COSE_ALONE
from forgery.drafts import FORMATS, PAYLOAD, draft
from forgery.drafts import PLUGIN_VERSION as PLUGIN_MIN_VERSION
from forgery.header_mutations import HEADERS, with_plugin, x509
from forgery.jws_mutations import JWS_ALONE
from forgery.token_mutations import AUTHORITIES, TOKENS
from forgery.tokens import TokenDraft
from reader import Reader

OTHERS = "of another signer: what may not stand in this service's envelopes may stand in others'"
IGNORABLE = "an attribute that is not critical and that no plugin is named for may be passed over"
STATUS = "where the status is published is for whoever asks about revocation"
NAMES = "identities are asked for elsewhere"

LENIENT = {
    "time-with-offset": "notation writes the time of the place where it signs",
    "attribute-stray": IGNORABLE,
}
LENIENT_OF_CERTIFICATES = {
    "crl-over-https": STATUS,
    "crl-by-ldap": STATUS,
    "ocsp-over-https": STATUS,
    "two-points": STATUS,
    "issuer-without-crl-sign": STATUS,
    "leaf-usage-with-content_commitment": OTHERS,
    "leaf-without-purpose": OTHERS,
    "leaf-purpose-with-another": OTHERS,
    "subject-without-country": NAMES,
    "subject-without-state": NAMES,
    "subject-without-organization": NAMES,
    "subject-empty": NAMES,
    "subject-with-two-units": NAMES,
    "subject-multi-valued": NAMES,
    "subject-with-email": NAMES,
    "subject-with-domain": NAMES,
}
LENIENT_OF_TOKENS = {
    "digest-not-listed": "the list serves readers in one pass and is not signed (RFC 5652 section 5.1)",
    "imprint-without-null": "absent parameters mean the same (RFC 5754 section 2)",
}
LENIENT_OF_AUTHORITIES = {"tsa-issuer-without-crl-sign": STATUS}

KINDS = ["2048", "3072", "4096", "P-256", "P-384", "P-521"]


@pytest.fixture(scope="module")
def reader():
    reader = Reader()
    yield reader
    reader.close()


@pytest.fixture
def answer(reader):
    """`answer(forged, envelope, authority=None)`: what the reader says now, trusting the last certificates."""

    def call(forged, envelope: bytes, authority=None):
        return reader.ask(
            envelope,
            forged.media_type,
            anchors=[forged.chain[-1].der],
            tsa_anchors=[authority[-1].der] if authority else [],
            artifact=PAYLOAD["targetArtifact"]["digest"],
            at=now(),
        )

    return call


def cases(mutations, lenient: dict[str, str], *before) -> list:
    """Each mutation with whether the reader lets it pass."""
    return [
        pytest.param(*before, mutation, mutation.name in lenient, id="-".join([*before, mutation.name]))
        for mutation in mutations
    ]


ENVELOPES = [
    case
    for format_name, alone in (("jws", JWS_ALONE), ("cose", COSE_ALONE))
    for case in cases([*HEADERS, *BODIES, *alone], LENIENT, format_name)
]
RSA = [
    case
    for format_name in FORMATS
    for kind, mutations in RSA_SIGNATURES.items()
    for case in cases(mutations, {}, format_name, kind)
]


def test_nothing_passes_that_notation_refuses():
    """But for what notation would refuse for the status or the identity, which are asked for elsewhere."""
    for lenient, of_notation in (
        (LENIENT, leniency.JWS),
        (LENIENT_OF_CERTIFICATES, leniency.CERTIFICATES),
        (LENIENT_OF_TOKENS, leniency.TOKENS),
        (LENIENT_OF_AUTHORITIES, leniency.AUTHORITIES),
    ):
        assert {name for name, reason in lenient.items() if reason not in (STATUS, NAMES)} <= set(of_notation)


def test_the_lists_name_what_there_is():
    for lenient, mutations in (
        (LENIENT, [*HEADERS, *BODIES, *JWS_ALONE, *COSE_ALONE]),
        (LENIENT_OF_CERTIFICATES, CERTIFICATES),
        (LENIENT_OF_TOKENS, TOKENS),
        (LENIENT_OF_AUTHORITIES, AUTHORITIES),
    ):
        assert set(lenient) <= {mutation.name for mutation in mutations}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format_name", FORMATS)
def test_twins_of_each_key(answer, format_name, kind):
    forged = draft(format_name, kind=kind)
    assert answer(forged, forged.seal()).said == ""


@pytest.mark.parametrize("change", [x509, with_plugin], ids=["x509", "plugin"])
@pytest.mark.parametrize("format_name", FORMATS)
def test_twins_of_other_headers(answer, format_name, change):
    forged = draft(format_name)
    change(forged)
    assert answer(forged, forged.seal()).said == ""


@pytest.mark.parametrize("format_name", FORMATS)
def test_later_plugin(answer, format_name):
    forged = draft(format_name)
    with_plugin(forged)
    forged.protected[PLUGIN_MIN_VERSION] = "1.0.293"
    assert answer(forged, forged.seal()).said.endswith("of version 1.0.293 or later")


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "2048", "3072"])
@pytest.mark.parametrize("format_name", FORMATS)
def test_stamped_twins(answer, format_name, kind):
    forged, authority = draft(format_name), tokens.authority(kind)
    x509(forged)
    forged.stamp = partial(_token, authority)
    assert answer(forged, forged.seal(), authority).said == ""


@pytest.mark.parametrize("format_name, mutation, lets_pass", ENVELOPES)
def test_envelopes(answer, format_name, mutation, lets_pass):
    forged = draft(format_name)
    said = answer(forged, mutation.of(forged))
    assert said.good == lets_pass, said


@pytest.mark.parametrize("format_name, kind, mutation, lets_pass", RSA)
def test_envelopes_of_rsa(answer, format_name, kind, mutation, lets_pass):
    forged = draft(format_name, kind=kind)
    said = answer(forged, mutation.of(forged))
    assert said.good == lets_pass, said


@pytest.mark.parametrize("mutation, lets_pass", cases(CERTIFICATES, LENIENT_OF_CERTIFICATES))
def test_certificates(answer, mutation, lets_pass):
    hierarchy = Hierarchy.of(signing_leaf())
    mutation.change(hierarchy)
    chain = hierarchy.issue()
    forged = draft("jws", chain)
    if mutation.name.startswith("leaf-key-"):
        forged.sign = lambda draft, octets: b"\0" * 96
    said = answer(forged, forged.seal())
    assert said.good == lets_pass, said


@pytest.mark.parametrize("mutation, lets_pass", cases(TOKENS, LENIENT_OF_TOKENS))
def test_tokens(answer, mutation, lets_pass):
    forged, authority = draft("cose"), tokens.authority()
    x509(forged)
    forged.stamp = lambda signature: mutation.of(TokenDraft(authority, signature))
    said = answer(forged, forged.seal(), authority)
    assert said.good == lets_pass, said


@pytest.mark.parametrize("mutation, lets_pass", cases(AUTHORITIES, LENIENT_OF_AUTHORITIES))
def test_timestamping_authorities(answer, mutation, lets_pass):
    hierarchy = tokens.authority_hierarchy()
    mutation.change(hierarchy)
    forged, authority = draft("jws"), hierarchy.issue()
    x509(forged)
    forged.stamp = partial(_token, authority)
    said = answer(forged, forged.seal(), authority)
    assert said.good == lets_pass, said


def _token(authority, signature: bytes) -> bytes:
    return TokenDraft(authority, signature).seal()
