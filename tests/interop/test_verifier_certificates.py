"""The verifier of these tests, judged: each rule of certificates broken alone, in a chain whose signatures hold."""

from datetime import timedelta

import pytest
from cryptography import x509

from forgery.certificate_mutations import CERTIFICATES, CRL, OCSP, access, points
from forgery.certificates import Hierarchy, ca, now, signing_leaf
from forgery.drafts import AUTHENTIC_TIME, draft
from forgery.header_mutations import x509 as under_x509
from verifier import Rule, Violation, verify


def forged_under(hierarchy: Hierarchy):
    """An envelope of a hierarchy, whatever its leaf's key is."""
    chain = hierarchy.issue()
    forged = draft("jws", chain)
    if not hasattr(chain[0].key, "curve") or chain[0].key.curve.name != "secp384r1":
        forged.sign = lambda draft, octets: b"\0" * 96
    return forged


def broken_rule(forged, **words) -> Rule:
    anchors = words.pop("anchors", [forged.chain[-1].der])
    with pytest.raises(Violation) as violation:
        verify(forged.seal(), forged.media_type, anchors=anchors, **words)
    return violation.value.rule


@pytest.fixture
def hierarchy():
    """One in order, with the addresses that rules speak of."""
    hierarchy = Hierarchy.of(signing_leaf())
    for template in (hierarchy.leaf, hierarchy.issuer):
        template.set(points(CRL), False)
        template.set(access(OCSP), False)
    return hierarchy


@pytest.mark.parametrize("mutation", CERTIFICATES, ids=str)
def test_mutation(hierarchy, mutation):
    mutation.change(hierarchy)
    assert broken_rule(forged_under(hierarchy)) == mutation.rule


def test_twin(hierarchy):
    forged = forged_under(hierarchy)
    seen = verify(forged.seal(), forged.media_type, anchors=[forged.chain[-1].pem])
    assert seen.chain[0].ocsp_urls() == [OCSP] and seen.chain[0].crl_urls() == [CRL]


def test_any_certificate_may_be_the_anchor(hierarchy):
    forged = forged_under(hierarchy)
    for certified in forged.chain:
        verify(forged.seal(), forged.media_type, anchors=[certified.der])


def test_no_anchor(hierarchy):
    assert broken_rule(forged_under(hierarchy), anchors=[]) == Rule.ANCHOR


def test_a_root_issued_anew_is_another(hierarchy):
    forged = forged_under(hierarchy)
    anew = hierarchy.root.issue()
    assert anew.x509.public_key() == forged.chain[-1].x509.public_key()
    assert broken_rule(forged, anchors=[anew.der]) == Rule.ANCHOR


def test_a_root_alone(hierarchy):
    """A leaf that is its own root is a chain, and needs no authority's extensions."""
    leaf = hierarchy.leaf.issue()
    forged = draft("jws", [leaf])
    verify(forged.seal(), forged.media_type, anchors=[leaf.der])


def test_longer_chain():
    """Path lengths count the intermediates below."""
    root = ca("Root", 1).issue()
    above = ca("Above", 1).issue(root)
    issuer = ca("Issuer", 0).issue(above)
    forged = draft("jws", [signing_leaf().issue(issuer), issuer, above, root])
    assert broken_rule(forged) == Rule.CA_PATH_LENGTH
    wider = ca("Root", 2).issue()
    above = ca("Above", 1).issue(wider)
    issuer = ca("Issuer", 0).issue(above)
    forged = draft("jws", [signing_leaf().issue(issuer), issuer, above, wider])
    verify(forged.seal(), forged.media_type, anchors=[wider.der])


@pytest.mark.parametrize("place", ["begin", "end"])
def test_the_edge_of_validity_is_inside(hierarchy, place):
    forged = forged_under(hierarchy)
    edge = getattr(hierarchy.leaf, place)
    forged.protected[AUTHENTIC_TIME] = edge
    forged.protected.pop("io.cncf.notary.expiry")
    forged.protected["crit"].remove("io.cncf.notary.expiry")
    verify(forged.seal(), forged.media_type, anchors=[forged.chain[-1].der])
    forged.protected[AUTHENTIC_TIME] = edge + timedelta(seconds=-1 if place == "begin" else 1)
    assert broken_rule(forged) == Rule.CHAIN_VALIDITY


def test_an_authentic_time_outlasts_the_leaf(hierarchy):
    """Under signingAuthority the certificates count at the signing time, under x509 without a token now."""
    forged = forged_under(hierarchy)
    later = now() + timedelta(days=60)
    assert isinstance(hierarchy.leaf.subject, x509.Name) and hierarchy.leaf.end < later
    verify(forged.seal(), forged.media_type, anchors=[forged.chain[-1].der], at=later)
    under_x509(forged)
    verify(forged.seal(), forged.media_type, anchors=[forged.chain[-1].der])
    assert broken_rule(forged, at=later) == Rule.CHAIN_VALIDITY
