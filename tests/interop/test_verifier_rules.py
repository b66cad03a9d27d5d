"""No rule of the verifier is there that no test has seen broken."""

from itertools import chain

from forgery.body_mutations import BODIES, RSA_SIGNATURES
from forgery.certificate_mutations import CERTIFICATES
from forgery.cose_mutations import COSE_ALONE
from forgery.header_mutations import HEADERS
from forgery.jws_mutations import JWS_ALONE
from forgery.revocation_mutations import ANSWERS, ENTRIES, LISTS
from forgery.token_mutations import AUTHORITIES, TOKENS
from verifier import Rule

# Broken by tests of their own, since what breaks them is no change to what is signed.
ELSEWHERE = {Rule.MEDIA_TYPE, Rule.ANCHOR, Rule.REVOKED}


def test_every_rule_is_broken_somewhere():
    lists = [HEADERS, BODIES, JWS_ALONE, COSE_ALONE, CERTIFICATES, TOKENS, AUTHORITIES, LISTS, ANSWERS]
    mutations = chain(*lists, *RSA_SIGNATURES.values())
    broken = {mutation.rule for mutation in mutations} | {rule for _, rule, _ in ENTRIES}
    assert set(Rule) - broken == ELSEWHERE
