"""The verifier of these tests, judged: each rule of timestamp tokens broken alone."""

from datetime import timedelta
from functools import partial

import pytest

from forgery import der, tokens
from forgery.certificates import now
from forgery.drafts import FORMATS, draft
from forgery.header_mutations import x509
from forgery.token_mutations import AUTHORITIES, TOKENS, TokenMutation, meaning_by_serial
from forgery.tokens import TokenDraft
from verifier import Rule, Violation, verify


def stamped(format_name: str, stamp):
    """An envelope of the scheme notary.x509 with the token that `stamp` makes for its signature."""
    forged = draft(format_name)
    x509(forged)
    forged.stamp = stamp
    return forged


def verified(forged, authority, **words):
    return verify(
        forged.seal(),
        forged.media_type,
        anchors=[forged.chain[-1].der],
        tsa_anchors=words.pop("tsa_anchors", [authority[-1].der]),
        **words,
    )


def broken_rule(forged, authority, **words) -> Rule:
    with pytest.raises(Violation) as violation:
        verified(forged, authority, **words)
    return violation.value.rule


def token(authority, signature: bytes) -> bytes:
    return TokenDraft(authority, signature).seal()


@pytest.mark.parametrize("mutation", TOKENS, ids=str)
@pytest.mark.parametrize("format_name", FORMATS)
def test_mutation(format_name, mutation: TokenMutation):
    authority = tokens.authority()
    verified(stamped(format_name, partial(token, authority)), authority)
    forged = stamped(format_name, lambda signature: mutation.of(TokenDraft(authority, signature)))
    assert broken_rule(forged, authority) == mutation.rule


@pytest.mark.parametrize("mutation", AUTHORITIES, ids=str)
def test_mutation_of_the_authority(mutation):
    hierarchy = tokens.authority_hierarchy()
    mutation.change(hierarchy)
    authority = hierarchy.issue()
    assert broken_rule(stamped("jws", partial(token, authority)), authority) == mutation.rule


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "2048", "3072"])
def test_twins_of_each_key(kind):
    authority = tokens.authority(kind)
    seen = verified(stamped("jws", partial(token, authority)), authority)
    assert [certificate.der for certificate in seen.token.chain] == [certified.der for certified in authority]
    assert abs(seen.token.info.time - seen.signing_time) <= timedelta(seconds=5)


@pytest.mark.parametrize("format_name", FORMATS)
def test_twin_that_names_its_certificate_in_full(format_name):
    authority = tokens.authority()

    def stamp(signature: bytes) -> bytes:
        named = TokenDraft(authority, signature)
        meaning_by_serial(named)
        return named.seal()

    verified(stamped(format_name, stamp), authority)


def test_no_token_where_none_has_to_be():
    forged = draft("cose")
    x509(forged)
    assert verified(forged, [forged.chain[-1]]).token is None


def test_anchors_of_envelopes_are_none_of_tokens():
    authority = tokens.authority()
    forged = stamped("jws", partial(token, authority))
    assert broken_rule(forged, authority, tsa_anchors=[]) == Rule.TSA_ANCHOR
    assert broken_rule(forged, authority, tsa_anchors=[forged.chain[-1].der]) == Rule.TSA_ANCHOR


def test_a_token_outlasts_the_leaf():
    authority = tokens.authority()
    forged = stamped("jws", partial(token, authority))
    later = now() + timedelta(days=60)
    verified(forged, authority, at=later)
    forged.stamp = None
    assert broken_rule(forged, authority, at=later) == Rule.CHAIN_VALIDITY


@pytest.mark.parametrize(
    "field",
    [{"time": der.time(now() - timedelta(days=2))}, {"accuracy": der.sequence(der.integer(2 * 86_400))}],
    ids=["time", "accuracy"],
)
def test_stamped_before_the_leaf_was_valid(field):
    """The accuracy counts: the earliest time that the token allows has to be in the leaf's validity."""
    hierarchy = tokens.authority_hierarchy()
    for template in (hierarchy.leaf, hierarchy.issuer, hierarchy.root):
        template.begin -= timedelta(days=10)
    authority = hierarchy.issue()

    def early(signature: bytes) -> bytes:
        draft = TokenDraft(authority, signature)
        draft.info |= field
        return draft.seal()

    assert broken_rule(stamped("jws", early), authority) == Rule.CHAIN_VALIDITY
