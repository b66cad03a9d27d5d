"""The verifier of these tests, judged: no bit of what is signed can change unnoticed, and none of a certificate."""

import pytest

import flips
from forgery import tokens
from forgery.drafts import FORMATS, draft
from forgery.tokens import TokenDraft
from verifier import Rule, Violation, timestamp_token, verify
from verifier.algorithm import of_jose

SIGNATURE = bytes([7]) * 96


def rules_of(envelopes, media_type: str, **words) -> set[Rule]:
    """The rules that envelopes break, each of them one."""
    rules = set()
    for number, envelope in enumerate(envelopes):
        with pytest.raises(Violation) as violation:
            verify(envelope, media_type, **words)
            pytest.fail(f"change {number} went unnoticed")
        rules.add(violation.value.rule)
    return rules


@pytest.mark.parametrize("part", flips.PARTS)
@pytest.mark.parametrize("format_name", FORMATS)
def test_bits_of_what_is_signed(format_name, part):
    forged = draft(format_name)
    envelope, anchors = forged.seal(), [forged.chain[-1].der]
    assert verify(envelope, forged.media_type, anchors=anchors)
    rules = rules_of(flips.of_part(envelope, forged.media_type, part), forged.media_type, anchors=anchors)
    # A header may become unreadable before its signature can be checked; the others are octets and nothing more.
    assert Rule.SIGNATURE in rules
    assert part == "protected" or rules == {Rule.SIGNATURE}


def test_octets_of_certificates():
    forged = draft("jws")
    envelope, anchors = forged.seal(), [forged.chain[-1].der]
    assert verify(envelope, forged.media_type, anchors=anchors)
    rules = rules_of(flips.of_certificates(envelope), forged.media_type, anchors=anchors)
    assert {Rule.CHAIN_SIGNATURES, Rule.CERTIFICATE_SYNTAX} < rules


def test_octets_of_tokens():
    """All but those of the certificates in it, which are tested above."""
    authority = tokens.authority()
    token = TokenDraft(authority, SIGNATURE).seal()
    anchors, included = [authority[-1].der], b"".join(certified.der for certified in authority[:-1])
    begin = token.index(included)

    def checked(octets: bytes):
        return timestamp_token.check(octets, SIGNATURE, of_jose("ES384"), anchors)

    assert checked(token).chain
    rules = set()
    for place in [*range(begin), *range(begin + len(included), len(token))]:
        with pytest.raises(Violation) as violation:
            checked(token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :])
            pytest.fail(f"octet {place} changed unnoticed")
        rules.add(violation.value.rule)
    assert {Rule.TOKEN_SIGNATURE, Rule.TOKEN_MESSAGE_DIGEST, Rule.TOKEN_SYNTAX} < rules
