"""Envelopes of the running service hold every rule, and no bit of them can change unnoticed."""

from datetime import UTC, datetime

import pytest

import flips
import payload_job
from clients import new_profile, payload
from payload_job import COSE, JWS
from raw import Sender
from test_verifier_flips import rules_of
from verifier import Rule, Violation, fetch, verify

#: The prefix of each plugin's attributes.
PLUGINS = {"com.amazonaws.signer.notation.plugin": "com.amazonaws.signer", "hallmark": "io.hallmark"}
NONE = {"verificationPlugin": "none"}
TIMESTAMPED = NONE | {"signingScheme": "notary.x509"}
# What the service is asked for, by name: the signing parameters of the profile and the envelope's media type.
SERVED = {
    "plugin-of-aws": ({}, JWS),
    "plugin-of-aws-cose": ({}, COSE),
    "plugin-of-aws-per-signature": ({"certificate": "per-signature"}, JWS),
    "plugin-of-hallmark": ({"verificationPlugin": "hallmark"}, JWS),
    "no-plugin": (NONE, JWS),
    "no-plugin-cose": (NONE, COSE),
    "own-issuer": (NONE | {"issuer": "profile"}, JWS),
    "timestamped": (TIMESTAMPED, JWS),
    "timestamped-cose": (TIMESTAMPED, COSE),
}


class Served:
    """One envelope of the service, with the profile that made it."""

    def __init__(self, admin, variables, parameters: dict[str, str], media_type: str):
        self.parameters = parameters
        self.media_type = media_type
        self.profile = new_profile(admin, signingParameters=parameters) if parameters else new_profile(admin)
        self.payload = payload()
        asked_for = None if media_type == JWS else media_type
        self.before = datetime.now(UTC).replace(microsecond=0)
        self.answer = payload_job.sign(Sender(variables), self.profile["profileName"], self.payload, asked_for)
        self.envelope = self.answer["signature"]


@pytest.fixture(scope="module", params=SERVED.values(), ids=SERVED)
def served(request, admin, variables):
    return Served(admin, variables["signer"], *request.param)


@pytest.fixture(scope="module")
def anchors(hallmark):
    return [hallmark.pki("/root.pem")]


@pytest.fixture(scope="module")
def verified(served, anchors):
    return verify(
        served.envelope,
        served.media_type,
        anchors=anchors,
        tsa_anchors=anchors,
        crl_fetch=fetch.crl,
        ocsp_fetch=fetch.ocsp_by_get,
    )


def test_what_it_says(served, verified):
    assert verified.payload == served.payload
    assert served.before <= verified.signing_time <= datetime.now(UTC)
    timestamped = served.parameters == TIMESTAMPED
    assert verified.scheme == ("notary.x509" if timestamped else "notary.x509.signingAuthority")
    assert verified.expiry > verified.signing_time
    assert (verified.token is not None) == timestamped
    assert len(verified.chain) == 3


def test_whom_it_names(served, verified, variables):
    """The plugin with its two attributes, or neither."""
    if verified.plugin is None:
        assert verified.attributes == {}
        return
    prefix = PLUGINS[verified.plugin]
    assert verified.attributes[f"{prefix}.signingProfileVersion"] == served.profile["profileVersionArn"]
    assert verified.attributes[f"{prefix}.signingJob"].endswith(f"/signing-jobs/{served.answer['jobId']}")


def test_its_status_is_published(served, verified):
    """The leaf's by OCSP and in a CRL, its issuer's in the root's; the same again for the timestamp authority."""
    chains = 2 if served.parameters == TIMESTAMPED else 1
    assert len(verified.revocation) == 3 * chains
    assert all(check.revoked_from is None for check in verified.revocation)


@pytest.mark.parametrize("parameters", [NONE, TIMESTAMPED], ids=["signing-authority", "timestamped"])
@pytest.mark.parametrize("media_type", [JWS, COSE])
def test_once_it_is_revoked(parameters, media_type, admin, variables, anchors):
    served = Served(admin, variables["signer"], parameters, media_type)
    ask = {"anchors": anchors, "tsa_anchors": anchors, "ocsp_fetch": fetch.ocsp_by_post}
    verify(served.envelope, media_type, **ask)
    admin.revoke_signature(jobId=served.answer["jobId"], reason="verified once more")
    with pytest.raises(Violation) as violation:
        verify(served.envelope, media_type, **ask)
    assert violation.value.rule == Rule.REVOKED


def test_by_other_anchors(served, another_root):
    with pytest.raises(Violation) as violation:
        verify(served.envelope, served.media_type, anchors=[another_root], tsa_anchors=[another_root])
    assert violation.value.rule == Rule.ANCHOR


def test_after_its_expiry(served, anchors, verified):
    with pytest.raises(Violation) as violation:
        verify(served.envelope, served.media_type, anchors=anchors, tsa_anchors=anchors, at=verified.expiry)
    assert violation.value.rule == Rule.EXPIRED


@pytest.mark.parametrize("part", flips.PARTS)
def test_octets_of_what_is_signed(served, anchors, verified, part):
    """And each bit of the signature."""
    changes = flips.bits if part == "signature" else flips.octets
    altered = flips.of_part(served.envelope, served.media_type, part, changes)
    rules = rules_of(altered, served.media_type, anchors=anchors, tsa_anchors=anchors)
    assert Rule.SIGNATURE in rules
    assert part == "protected" or rules == {Rule.SIGNATURE}
