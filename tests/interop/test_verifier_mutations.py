"""The verifier of these tests, judged: each rule of envelopes broken alone, under a signature that holds."""

import pytest

from forgery.body_mutations import BODIES, RSA_SIGNATURES
from forgery.cose_mutations import COSE_ALONE
from forgery.drafts import FORMATS, draft
from forgery.header_mutations import HEADERS, with_plugin, x509
from forgery.jws_mutations import JWS_ALONE
from verifier import Rule, Violation, verify

CASES = [
    pytest.param(format_name, mutation, id=f"{format_name}-{mutation}")
    for format_name, alone in (("jws", JWS_ALONE), ("cose", COSE_ALONE))
    for mutation in [*HEADERS, *BODIES, *alone]
]
RSA_CASES = [
    pytest.param(format_name, kind, mutation, id=f"{format_name}-{kind}-{mutation}")
    for format_name in FORMATS
    for kind, mutations in RSA_SIGNATURES.items()
    for mutation in mutations
]


def verified(envelope: bytes, forged):
    return verify(envelope, forged.media_type, anchors=[forged.chain[-1].der])


def broken_rule(envelope: bytes, forged) -> Rule:
    with pytest.raises(Violation) as violation:
        verified(envelope, forged)
    return violation.value.rule


@pytest.mark.parametrize("format_name, mutation", CASES)
def test_mutation(format_name, mutation):
    forged = draft(format_name)
    verified(forged.seal(), forged)
    assert broken_rule(mutation.of(forged), forged) == mutation.rule


@pytest.mark.parametrize("format_name, kind, mutation", RSA_CASES)
def test_mutation_of_rsa(format_name, kind, mutation):
    forged = draft(format_name, kind=kind)
    verified(forged.seal(), forged)
    assert broken_rule(mutation.of(forged), forged) == mutation.rule


@pytest.mark.parametrize("kind", ["2048", "3072", "4096", "P-256", "P-384", "P-521"])
@pytest.mark.parametrize("format_name", FORMATS)
def test_twins_of_each_key(format_name, kind):
    forged = draft(format_name, kind=kind)
    seen = verified(forged.seal(), forged)
    assert seen.payload == forged.payload
    assert [certificate.der for certificate in seen.chain] == forged.certificates


@pytest.mark.parametrize("change", [x509, with_plugin], ids=["x509", "plugin"])
@pytest.mark.parametrize("format_name", FORMATS)
def test_twins_of_other_headers(format_name, change):
    forged = draft(format_name)
    change(forged)
    seen = verified(forged.seal(), forged)
    assert seen.scheme == forged.protected["io.cncf.notary.signingScheme"]
    assert len(seen.attributes) == (2 if seen.plugin else 0)


def test_unknown_media_type():
    forged = draft("jws")
    with pytest.raises(Violation) as violation:
        verify(forged.seal(), "application/json", anchors=[forged.chain[-1].der])
    assert violation.value.rule == Rule.MEDIA_TYPE


@pytest.mark.parametrize("format_name, other", [("jws", "cose"), ("cose", "jws")])
def test_media_type_of_the_other_format(format_name, other):
    forged = draft(format_name)
    with pytest.raises(Violation) as violation:
        verify(forged.seal(), FORMATS[other].media_type, anchors=[forged.chain[-1].der])
    assert violation.value.rule in (Rule.JSON_SYNTAX, Rule.CBOR_SYNTAX, Rule.COSE_TAG, Rule.CBOR_DETERMINISTIC)
