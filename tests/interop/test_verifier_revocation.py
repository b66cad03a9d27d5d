"""The verifier of these tests, judged: each rule of CRLs and OCSP answers broken alone, and what revoked means."""

from datetime import timedelta

import pytest

from forgery import crls, tokens
from forgery.certificate_mutations import CRL, OCSP, access, points
from forgery.certificates import Hierarchy, signing_leaf
from forgery.crls import CrlDraft
from forgery.drafts import AUTHENTIC_TIME, draft
from forgery.header_mutations import x509
from forgery.ocsp_answers import OcspDraft, revoked
from forgery.revocation_mutations import ANSWERS, ENTRIES, LISTS, delegated
from forgery.tokens import TokenDraft
from verifier import Rule, Violation, verify

SECOND = timedelta(seconds=1)


@pytest.fixture
def forged():
    """An envelope whose leaf names a list and a responder."""
    hierarchy = Hierarchy.of(signing_leaf())
    hierarchy.leaf.set(points(CRL), False)
    hierarchy.leaf.set(access(OCSP), False)
    return draft("jws", hierarchy.issue())


class Publication:
    """What the addresses of the leaf answer: a list and an answer in order, unless changed."""

    def __init__(self, forged):
        self.forged = forged
        self.crl = CrlDraft(forged.chain[1], CRL)
        self.ocsp = OcspDraft(*forged.chain[:2])
        self.asked = []

    def fetch_crl(self, url: str) -> bytes:
        self.asked.append(url)
        return self.crl if isinstance(self.crl, bytes) else self.crl.seal()

    def fetch_ocsp(self, url: str, request: bytes) -> bytes:
        self.asked.append(url)
        return self.ocsp if isinstance(self.ocsp, bytes) else self.ocsp.seal()

    def verified(self, **words):
        words = {"crl_fetch": self.fetch_crl, "ocsp_fetch": self.fetch_ocsp} | words
        return verify(self.forged.seal(), self.forged.media_type, anchors=[self.forged.chain[-1].der], **words)

    def broken_rule(self, **words) -> Rule:
        with pytest.raises(Violation) as violation:
            self.verified(**words)
        return violation.value.rule

    def revoke(self, kind: str, at, *extensions: bytes):
        """Lists the leaf as revoked, in one of the two."""
        if kind == "crl":
            self.crl.entries = [crls.entry(self.forged.chain[0].x509.serial_number, at, *extensions)]
        else:
            self.ocsp.status, self.ocsp.single_extensions = revoked(at), list(extensions)


@pytest.fixture
def publication(forged):
    return Publication(forged)


def test_twin(publication):
    seen = publication.verified()
    assert publication.asked == [OCSP, CRL]
    assert [(check.certificate, check.url, check.revoked_from) for check in seen.revocation] == [
        (seen.chain[0], OCSP, None),
        (seen.chain[0], CRL, None),
    ]


def test_nothing_is_fetched_unless_asked_for(publication):
    assert publication.verified(crl_fetch=None, ocsp_fetch=None).revocation == []
    assert publication.asked == []


def test_a_delegated_responder(publication):
    delegated()(publication.ocsp)
    publication.verified()


@pytest.mark.parametrize("mutation", LISTS, ids=str)
def test_mutation_of_a_list(publication, mutation):
    publication.verified()
    publication.crl = mutation.of(publication.crl)
    assert publication.broken_rule() == mutation.rule


@pytest.mark.parametrize("mutation", ANSWERS, ids=str)
def test_mutation_of_an_answer(publication, mutation):
    publication.verified()
    publication.ocsp = mutation.of(publication.ocsp)
    assert publication.broken_rule() == mutation.rule


@pytest.mark.parametrize("name, rule, extensions", ENTRIES, ids=[name for name, *_ in ENTRIES])
def test_mutation_of_an_entry(publication, name, rule, extensions):
    at = publication.forged.protected[AUTHENTIC_TIME] + SECOND
    publication.revoke("crl", at, crls.invalidity(at))
    publication.verified()
    publication.revoke("crl", at, *extensions(at))
    assert publication.broken_rule() == rule


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
@pytest.mark.parametrize("offset, holds", [(1, True), (0, False), (-1, False)])
def test_at_or_after_the_effective_time(publication, kind, offset, holds):
    """The boundary belongs to the revocation."""
    at = publication.forged.protected[AUTHENTIC_TIME] + offset * SECOND
    publication.revoke(kind, at, crls.invalidity(at))
    if holds:
        assert at in [check.revoked_from for check in publication.verified().revocation]
    else:
        assert publication.broken_rule() == Rule.REVOKED


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_without_invalidity_date_every_signature_is_revoked(publication, kind):
    publication.revoke(kind, publication.forged.protected[AUTHENTIC_TIME] + SECOND)
    assert publication.broken_rule() == Rule.REVOKED


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_without_an_authentic_time_revoked_is_revoked(publication, kind):
    at = publication.forged.protected[AUTHENTIC_TIME] + SECOND
    publication.revoke(kind, at, crls.invalidity(at))
    publication.verified()
    x509(publication.forged)
    assert publication.broken_rule() == Rule.REVOKED


def test_another_certificate_is_revoked(publication):
    publication.crl.entries = [crls.revoked(7, publication.forged.protected[AUTHENTIC_TIME] - SECOND)]
    publication.verified()


def test_the_list_of_all_certificates_serves_an_issuer():
    """A root's list has no issuingDistributionPoint; the leaf's has to have one."""
    hierarchy = Hierarchy.of(signing_leaf())
    hierarchy.issuer.set(points(CRL), False)
    publication = Publication(draft("cose", hierarchy.issue()))
    publication.crl = CrlDraft(publication.forged.chain[2], CRL)
    del publication.crl.extensions[crls.DISTRIBUTION_POINT]
    publication.verified()
    time = publication.forged.protected[AUTHENTIC_TIME]
    publication.crl.entries = [crls.revoked(publication.forged.chain[1].x509.serial_number, time)]
    assert publication.broken_rule() == Rule.REVOKED


def test_a_revoked_authority_stamps_nothing():
    hierarchy = tokens.authority_hierarchy()
    hierarchy.leaf.set(points(CRL), False)
    authority = hierarchy.issue()
    forged = draft("jws")
    x509(forged)
    forged.stamp = lambda signature: TokenDraft(authority, signature).seal()
    publication = Publication(forged)
    publication.crl = CrlDraft(authority[1], CRL)
    publication.verified(tsa_anchors=[authority[-1].der])
    time = forged.protected["io.cncf.notary.signingTime"] + SECOND
    publication.crl.entries = [crls.revoked(authority[0].x509.serial_number, time)]
    assert publication.broken_rule(tsa_anchors=[authority[-1].der]) == Rule.REVOKED
