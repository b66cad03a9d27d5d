"""boto3, unmodified: the life of profiles, signatures and revocations."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.x509 import load_pem_x509_certificate

from clients import PAYLOAD_FORMAT, PLATFORM, client, job_arn, new_profile, payload, refused, sign, unique
from envelope import Envelope
from tools import AWS_PLUGIN


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def profile(admin):
    return new_profile(admin)


def profile_names(lister, **filters) -> set[str]:
    pages = lister.get_paginator("list_signing_profiles").paginate(**filters, PaginationConfig={"PageSize": 25})
    return {entry["profileName"] for page in pages for entry in page["profiles"]}


def job_ids(lister, **filters) -> list[str]:
    pages = lister.get_paginator("list_signing_jobs").paginate(**filters, PaginationConfig={"PageSize": 25})
    return [entry["jobId"] for page in pages for entry in page["jobs"]]


class TestProfiles:
    def test_put_answers_with_arns(self, admin, variables):
        account, region = variables["admin"]["HALLMARK_ACCOUNT"], variables["admin"]["AWS_REGION"]
        profile = new_profile(admin)
        assert profile["arn"] == f"arn:aws:signer:{region}:{account}:/signing-profiles/{profile['profileName']}"
        assert re.fullmatch("[a-zA-Z0-9]{10}", profile["profileVersion"])
        assert profile["profileVersionArn"] == f"{profile['arn']}/{profile['profileVersion']}"

    def test_get_shows_what_was_put(self, admin):
        period = {"value": 3, "type": "YEARS"}
        profile = new_profile(admin, signatureValidityPeriod=period, tags={"team": "a b+c/é"})
        seen = admin.get_signing_profile(profileName=profile["profileName"])
        for member in ("profileName", "profileVersion", "profileVersionArn", "arn"):
            assert seen[member] == profile[member]
        assert seen["platformId"] == PLATFORM
        assert seen["platformDisplayName"] == "Notation for container registries"
        assert seen["signatureValidityPeriod"] == period
        assert seen["status"] == "Active"
        assert seen["tags"] == {"team": "a b+c/é"}
        assert "revocationRecord" not in seen

    def test_default_validity_is_135_months(self, admin, profile):
        seen = admin.get_signing_profile(profileName=profile["profileName"])
        assert seen["signatureValidityPeriod"] == {"value": 135, "type": "MONTHS"}

    def test_a_name_is_taken_for_ever(self, admin, profile):
        name = profile["profileName"]
        for _ in ("while active", "after cancel"):
            with refused("ValidationException", f"Profile with name {name} already exists"):
                new_profile(admin, profileName=name)
            admin.cancel_signing_profile(profileName=name)
        seen = admin.get_signing_profile(profileName=name)
        assert (seen["status"], seen["profileVersion"]) == ("Canceled", profile["profileVersion"])

    def test_unknown_profile(self, admin, signer):
        name = unique("nobody")
        with refused("ResourceNotFoundException") as refusal:
            admin.get_signing_profile(profileName=name)
        assert name in refusal.message
        with refused("ResourceNotFoundException") as refusal:
            sign(signer, name)
        assert name in refusal.message
        with refused("ResourceNotFoundException", f"Signing Profile with name {name} does not exist."):
            admin.cancel_signing_profile(profileName=name)

    def test_list_shows_active_ones_unless_asked(self, admin, profile):
        canceled = new_profile(admin)["profileName"]
        admin.cancel_signing_profile(profileName=canceled)
        assert profile["profileName"] in profile_names(admin)
        assert canceled not in profile_names(admin)
        assert {profile["profileName"], canceled} <= profile_names(admin, includeCanceled=True)
        assert canceled in profile_names(admin, statuses=["Canceled"])
        assert profile["profileName"] not in profile_names(admin, statuses=["Canceled"])
        assert profile["profileName"] in profile_names(admin, platformId=PLATFORM)

    def test_list_pages(self, admin):
        made = {new_profile(admin)["profileName"] for _ in range(3)}
        pages = list(admin.get_paginator("list_signing_profiles").paginate(PaginationConfig={"PageSize": 2}))
        names = [entry["profileName"] for page in pages for entry in page["profiles"]]
        assert made <= set(names)
        assert len(names) == len(set(names)), "no entry stands on two pages"
        assert all(len(page["profiles"]) <= 2 for page in pages)
        assert len(pages) > 1
        assert "nextToken" not in pages[-1]

    def test_cancel_ends_signing_and_nothing_else(self, admin, signer, verifier, profile):
        name = profile["profileName"]
        envelope = Envelope(sign(signer, name)["signature"])
        admin.cancel_signing_profile(profileName=name)
        admin.cancel_signing_profile(profileName=name)
        assert admin.get_signing_profile(profileName=name)["status"] == "Canceled"
        with refused("ValidationException") as refusal:
            sign(signer, name)
        assert name in refusal.message and "cancel" in refusal.message.lower()
        assert verifier.get_revocation_status(**envelope.question())["revokedEntities"] == []


class TestSignatures:
    def test_envelope(self, signer, profile, variables):
        content = payload(size=77)
        before = now().replace(microsecond=0)
        answer = sign(signer, profile["profileName"], content)
        assert answer["jobOwner"] == variables["signer"]["HALLMARK_ACCOUNT"]
        assert all(isinstance(value, str) for value in answer["metadata"].values())
        envelope = Envelope(answer["signature"])
        envelope.check_signature()
        assert envelope.payload == content, "the payload is signed octet for octet"
        assert set(envelope.members) == {"payload", "protected", "header", "signature"}
        protected = envelope.protected
        assert protected["alg"] == "ES384"
        assert protected["cty"] == PAYLOAD_FORMAT
        assert protected["io.cncf.notary.signingScheme"] == "notary.x509.signingAuthority"
        assert protected["io.cncf.notary.verificationPlugin"] == AWS_PLUGIN
        assert protected["com.amazonaws.signer.signingProfileVersion"] == profile["profileVersionArn"]
        assert protected["com.amazonaws.signer.signingJob"] == job_arn(variables["signer"], answer["jobId"])
        assert set(protected) - {"alg", "cty", "crit"} == set(protected["crit"])
        assert len(set(protected["crit"])) == len(protected["crit"]) == 6
        assert before <= envelope.time("authenticSigningTime") <= now()

    def test_expiry_is_calendar_arithmetic(self, admin, signer):
        period = {"value": 2, "type": "DAYS"}
        envelope = Envelope(
            sign(signer, new_profile(admin, signatureValidityPeriod=period)["profileName"])["signature"]
        )
        assert envelope.time("expiry") - envelope.time("authenticSigningTime") == timedelta(days=2)

    def test_chain_names_the_profile(self, signer, profile, variables, hallmark):
        envelope = Envelope(sign(signer, profile["profileName"])["signature"])
        leaf = envelope.chain[0].subject.rfc4514_string()
        for part in (
            f"CN={profile['profileName']}",
            f"OU={variables['signer']['HALLMARK_ACCOUNT']}",
            f"2.5.4.5={profile['profileVersion']}",
        ):
            assert part in leaf.split(","), leaf
        assert [len(envelope.chain), envelope.chain[-1].subject] == [3, envelope.chain[-1].issuer]
        assert envelope.chain[-1] == load_pem_x509_certificate(hallmark.pki("/root.pem"))

    def test_describe(self, admin, signer, profile, variables):
        answer = sign(signer, profile["profileName"])
        envelope = Envelope(answer["signature"])
        job = admin.describe_signing_job(jobId=answer["jobId"])
        assert job["jobId"] == answer["jobId"]
        assert job["status"] == "Succeeded"
        assert (job["profileName"], job["profileVersion"]) == (profile["profileName"], profile["profileVersion"])
        assert job["platformId"] == PLATFORM
        assert job["createdAt"].replace(microsecond=0) == envelope.time("authenticSigningTime")
        assert job["signatureExpiresAt"] == envelope.time("expiry")
        assert job["requestedBy"].startswith(f"arn:aws:iam::{variables['signer']['HALLMARK_ACCOUNT']}:")
        assert job["jobOwner"] == job["jobInvoker"] == variables["signer"]["HALLMARK_ACCOUNT"]
        assert "revocationRecord" not in job

    def test_unknown_job(self, admin):
        unknown = "01890a5d-ac96-774b-bcce-b302099a8057"
        with refused("ResourceNotFoundException") as refusal:
            admin.describe_signing_job(jobId=unknown)
        assert unknown in refusal.message
        with refused("ResourceNotFoundException") as refusal:
            admin.revoke_signature(jobId=unknown, reason="lost")
        assert unknown in refusal.message

    def test_list_filters(self, admin, signer, profile):
        good, bad = (sign(signer, profile["profileName"])["jobId"] for _ in range(2))
        admin.revoke_signature(jobId=bad, reason="lost")
        everything = job_ids(admin)
        assert {good, bad} <= set(everything)
        assert len(everything) == len(set(everything))
        assert bad in job_ids(admin, isRevoked=True) and good not in job_ids(admin, isRevoked=True)
        assert good in job_ids(admin, isRevoked=False) and bad not in job_ids(admin, isRevoked=False)
        assert good in job_ids(admin, status="Succeeded", platformId=PLATFORM)
        assert job_ids(admin, status="Failed") == []
        principal = admin.describe_signing_job(jobId=good)["requestedBy"]
        assert good in job_ids(admin, requestedBy=principal)
        assert job_ids(admin, requestedBy=principal + "x") == []
        assert good in job_ids(admin, signatureExpiresAfter=now())
        assert good not in job_ids(admin, signatureExpiresBefore=now())


@pytest.mark.parametrize("service", ["signer", "signer-data"])
def test_both_services_answer_the_same(service, variables, signer, profile):
    envelope = Envelope(sign(signer, profile["profileName"])["signature"])
    question = envelope.question()
    if service == "signer-data":
        question["certificateHashes"] = envelope.certificate_hashes()
    answer = client(variables["verifier"], service).get_revocation_status(**question)
    assert answer["revokedEntities"] == []
