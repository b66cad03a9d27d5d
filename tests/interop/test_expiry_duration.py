"""Signatures that expire before their profile would let them: what is asked for stands in the envelope, in the job and
in the list, and nothing lasts longer than its profile allows."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

import payload_job
from clients import new_profile, payload
from notation import Notation
from raw import Sender
from test_blob import SBOM, blob_payload
from tools import BIN, run
from verifier import envelope_cose, envelope_jws
from verifier.envelope import AUTHENTIC_SIGNING_TIME, COSE, EXPIRY, JWS, SIGNING_TIME

READERS = {JWS: envelope_jws.read, COSE: envelope_cose.read}
SCHEMES = {"notary.x509.signingAuthority": AUTHENTIC_SIGNING_TIME, "notary.x509": SIGNING_TIME}
DAYS = 30
MOST = DAYS * 24 * 3600


@pytest.fixture(scope="module")
def profile(admin):
    """`profile(scheme)`: a profile whose signatures last for thirty days."""
    made = {
        scheme: new_profile(
            admin,
            signingParameters={"verificationPlugin": "none", "signingScheme": scheme},
            signatureValidityPeriod={"value": DAYS, "type": "DAYS"},
        )["profileName"]
        for scheme in SCHEMES
    }
    return made.__getitem__


@pytest.fixture(scope="module")
def ask(variables):
    def call(name, form=JWS, content=None, **members):
        return payload_job.ask(Sender(variables["signer"]), name, content or payload(), form, **members)

    return call


@pytest.fixture
def asked(ask):
    def call(*words, **members) -> dict:
        answer = ask(*words, **members)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    return call


@pytest.mark.parametrize("seconds", [1, 3600, MOST, None])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("form", READERS)
def test_what_is_asked_for_is_said_everywhere(profile, asked, auditor, form, scheme, seconds):
    answer = asked(profile(scheme), form, expiryDurationInSeconds=seconds)
    envelope = READERS[form](base64.b64decode(answer["signature"]))
    signed_at, expiry = envelope.time(SCHEMES[scheme]), envelope.time(EXPIRY)
    assert expiry - signed_at == timedelta(seconds=seconds or MOST)
    job = auditor.describe_signing_job(jobId=answer["jobId"])
    assert job["signatureExpiresAt"] == expiry
    assert job["createdAt"] == signed_at
    (entry,) = [one for one in auditor.list_signing_jobs()["jobs"] if one["jobId"] == answer["jobId"]]
    assert entry["signatureExpiresAt"] == expiry


@pytest.mark.parametrize("seconds", [MOST + 1, 2**31, 2**32, 10**12, 2**63 - 1])
def test_nothing_lasts_longer_than_its_profile_allows(profile, ask, auditor, seconds):
    before = auditor.list_signing_jobs()["jobs"]
    status, exception, message = ask(profile("notary.x509"), expiryDurationInSeconds=seconds).error()
    assert (status, exception) == (400, "ValidationException")
    assert message.startswith(f"expiryDurationInSeconds: {seconds} seconds are more than"), message
    latest = datetime.now(UTC) + timedelta(days=DAYS)
    assert f"at the latest, after {MOST} seconds" in message
    assert any(f"expires on {day:%Y-%m-%d}T" in message for day in (latest, latest - timedelta(days=1))), message
    assert auditor.list_signing_jobs()["jobs"] == before


@pytest.mark.parametrize("value", [0, -1, -(2**63), 2**63, 2**64, 1.0, 1.5, "60", True, [60], {"seconds": 60}])
def test_what_is_no_count_of_seconds(profile, ask, auditor, value):
    before = auditor.list_signing_jobs()["jobs"]
    status, exception, message = ask(profile("notary.x509"), expiryDurationInSeconds=value).error()
    assert (status, exception) == (400, "ValidationException")
    assert message.startswith("expiryDurationInSeconds: "), message
    assert auditor.list_signing_jobs()["jobs"] == before


def test_months_are_those_of_the_calendar(admin, ask, asked):
    """How many seconds a month has is said by the calendar, not by anybody's arithmetic."""
    month = new_profile(admin, signatureValidityPeriod={"value": 1, "type": "MONTHS"})["profileName"]
    asked(month, expiryDurationInSeconds=28 * 24 * 3600)
    message = ask(month, expiryDurationInSeconds=31 * 24 * 3600 + 1).error()[2]
    assert "at the latest" in message


@pytest.mark.parametrize("form", READERS)
def test_notation_refuses_what_has_expired(tmp_path, hallmark, variables, profile, asked, form):
    user = Notation(tmp_path / "user", variables["verifier"])
    user.trust(anchor=hallmark.pki("/root.pem"), identities=["*"]).trust_blobs()
    blob = tmp_path / "sbom.spdx.json"
    blob.write_bytes(SBOM)

    def verified(seconds: int):
        content = blob_payload(SBOM, "sha384")
        answer = asked(profile("notary.x509.signingAuthority"), form, content, expiryDurationInSeconds=seconds)
        envelope = READERS[form](base64.b64decode(answer["signature"]))
        if seconds < 60:
            time.sleep(max(0, (envelope.time(EXPIRY) - datetime.now(UTC)).total_seconds()) + 0.1)
        signature = tmp_path / f"sbom.spdx.json.{'jws' if form == JWS else 'cose'}.sig"
        signature.write_bytes(base64.b64decode(answer["signature"]))
        words = ["verify", "--media-type", "application/spdx+json", "--signature", signature, blob]
        return run([BIN / "notation-blob", *words], user.environment)

    done = verified(3600)
    assert done.returncode == 0, done.stderr
    done = verified(1)
    assert done.returncode != 0 and "has expired" in done.stderr, done.stderr
