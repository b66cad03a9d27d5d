"""The verifier of these tests against the real notation: it refuses whatever notation does, and more for a reason."""

from functools import partial

import pytest

from forgery import leniency, tokens
from forgery.body_mutations import BODIES, RSA_SIGNATURES
from forgery.certificate_mutations import CERTIFICATES
from forgery.certificates import Hierarchy, signing_leaf
from forgery.cose_mutations import COSE_ALONE
from forgery.drafts import FORMATS, MANIFEST, draft
from forgery.header_mutations import HEADERS, x509
from forgery.jws_mutations import JWS_ALONE
from forgery.token_mutations import AUTHORITIES, TOKENS
from forgery.tokens import TokenDraft
from offline_notation import Layout, OfflineNotation

IDENTITY = "x509.subject: C=DE, ST=Sachsen-Anhalt, O=Forgery"


@pytest.fixture
def refusal(tmp_path):
    """`refusal(forged, envelope, tsa=None)`: why notation refuses an envelope about the layout's image, or None."""

    def call(forged, envelope: bytes, tsa: bytes | None = None) -> str | None:
        layout = Layout(tmp_path / "layout", MANIFEST)
        layout.sign(envelope, forged.media_type)
        root = forged.chain[-1].pem
        anchors = {"signingAuthority": root, "ca": root} | ({"tsa": tsa} if tsa else {})
        return OfflineNotation(tmp_path).trust(identity=IDENTITY, **anchors).refusal(layout)

    return call


def cases(mutations, lenient: dict[str, str], *before) -> list:
    """Each mutation with whether notation lets it pass."""
    unknown = set(lenient) - {mutation.name for mutation in mutations}
    assert not unknown, f"no such mutations: {unknown}"
    return [
        pytest.param(*before, mutation, mutation.name in lenient, id="-".join([*before, mutation.name]))
        for mutation in mutations
    ]


def needs_plugin(mutation) -> bool:
    """notation refuses every envelope that names a plugin it does not have; so it judges nothing else of these."""
    return mutation.name.startswith(("plugin-", "crit-without-plugin")) and mutation.name != "plugin-version-alone"


ENVELOPES = [
    *cases([m for m in [*HEADERS, *BODIES, *JWS_ALONE] if not needs_plugin(m)], leniency.JWS, "jws"),
    *cases([m for m in [*HEADERS, *BODIES, *COSE_ALONE] if not needs_plugin(m)], leniency.COSE, "cose"),
]
RSA = [
    case
    for format_name, lenient in (("jws", leniency.RSA_IN_JWS), ("cose", {}))
    for kind, mutations in RSA_SIGNATURES.items()
    for case in cases(mutations, lenient if kind == "2048" else {}, format_name, kind)
]
# A leaf of these keys cannot sign as any format asks for, and notation would ask at addresses that do not answer.
NOT_JUDGED = ("leaf-key-", "two-points")
SIGNING_CERTIFICATES = [mutation for mutation in CERTIFICATES if not mutation.name.startswith(NOT_JUDGED)]


@pytest.mark.parametrize("format_name", FORMATS)
def test_twins(refusal, format_name):
    forged = draft(format_name)
    assert refusal(forged, forged.seal()) is None


@pytest.mark.parametrize("format_name", FORMATS)
def test_stamped_twins(refusal, format_name):
    forged, authority = draft(format_name), tokens.authority()
    x509(forged)
    forged.stamp = lambda signature: TokenDraft(authority, signature).seal()
    assert refusal(forged, forged.seal(), authority[-1].pem) is None


@pytest.mark.parametrize("format_name, mutation, lets_pass", ENVELOPES)
def test_envelopes(refusal, format_name, mutation, lets_pass):
    forged = draft(format_name)
    assert (refusal(forged, mutation.of(forged)) is None) == lets_pass


@pytest.mark.parametrize("format_name, kind, mutation, lets_pass", RSA)
def test_envelopes_of_rsa(refusal, format_name, kind, mutation, lets_pass):
    forged = draft(format_name, kind=kind)
    assert (refusal(forged, mutation.of(forged)) is None) == lets_pass


@pytest.mark.parametrize("mutation, lets_pass", cases(SIGNING_CERTIFICATES, leniency.CERTIFICATES))
def test_certificates(refusal, mutation, lets_pass):
    hierarchy = Hierarchy.of(signing_leaf())
    mutation.change(hierarchy)
    forged = draft("jws", hierarchy.issue())
    assert (refusal(forged, forged.seal()) is None) == lets_pass


@pytest.mark.parametrize("mutation, lets_pass", cases(TOKENS, leniency.TOKENS))
def test_tokens(refusal, mutation, lets_pass):
    forged, authority = draft("jws"), tokens.authority()
    x509(forged)
    forged.stamp = lambda signature: mutation.of(TokenDraft(authority, signature))
    assert (refusal(forged, forged.seal(), authority[-1].pem) is None) == lets_pass


@pytest.mark.parametrize("mutation, lets_pass", cases(AUTHORITIES, leniency.AUTHORITIES))
def test_timestamping_authorities(refusal, mutation, lets_pass):
    hierarchy = tokens.authority_hierarchy()
    mutation.change(hierarchy)
    forged, authority = draft("jws"), hierarchy.issue()
    x509(forged)
    forged.stamp = partial(_token, authority)
    assert (refusal(forged, forged.seal(), authority[-1].pem) is None) == lets_pass


def _token(authority, signature: bytes) -> bytes:
    return TokenDraft(authority, signature).seal()
