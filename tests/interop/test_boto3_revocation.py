"""boto3, unmodified: what is revoked, since when, and that it stays so."""

from datetime import UTC, datetime, timedelta

import pytest

from clients import job_arn, new_profile, refused, sign
from envelope import Envelope


def seconds_ago(seconds: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds)


@pytest.fixture
def profile(admin):
    return new_profile(admin)


def revoke(admin, profile, effective: datetime, reason="key lost"):
    return admin.revoke_signing_profile(
        profileName=profile["profileName"],
        profileVersion=profile["profileVersion"],
        reason=reason,
        effectiveTime=effective,
    )


def revoked(verifier, question) -> list[str]:
    return verifier.get_revocation_status(**question)["revokedEntities"]


class TestRevokeSignature:
    def test_exactly_that_one(self, admin, signer, verifier, profile, variables):
        bad, good = (sign(signer, profile["profileName"]) for _ in range(2))
        questions = [Envelope(answer["signature"]).question() for answer in (bad, good)]
        assert [revoked(verifier, question) for question in questions] == [[], []]
        admin.revoke_signature(jobId=bad["jobId"], reason="built from a dirty tree")
        assert revoked(verifier, questions[0]) == [job_arn(variables["admin"], bad["jobId"])]
        assert revoked(verifier, questions[1]) == []

    def test_record(self, admin, signer, profile, variables):
        job_id = sign(signer, profile["profileName"])["jobId"]
        before = seconds_ago(0)
        admin.revoke_signature(jobId=job_id, reason="built from a dirty tree")
        record = admin.describe_signing_job(jobId=job_id)["revocationRecord"]
        assert record["reason"] == "built from a dirty tree"
        assert before <= record["revokedAt"] <= datetime.now(UTC)
        assert record["revokedBy"].startswith(f"arn:aws:iam::{variables['admin']['HALLMARK_ACCOUNT']}:")
        assert admin.describe_signing_job(jobId=job_id)["status"] == "Succeeded"

    def test_foreign_owner(self, admin, signer, profile):
        job_id = sign(signer, profile["profileName"])["jobId"]
        with refused("AccessDeniedException") as refusal:
            admin.revoke_signature(jobId=job_id, jobOwner="999999999999", reason="mine?")
        assert "signer:RevokeSignature" in refusal.message
        assert "revocationRecord" not in admin.describe_signing_job(jobId=job_id)


class TestRevokeSigningProfile:
    def test_record(self, admin, profile, variables):
        effective = seconds_ago(30)
        revoke(admin, profile, effective, "key lost")
        seen = admin.get_signing_profile(profileName=profile["profileName"])
        assert seen["status"] == "Revoked"
        record = seen["revocationRecord"]
        assert record["revocationEffectiveFrom"] == effective
        assert effective < record["revokedAt"] <= datetime.now(UTC)
        assert record["revokedBy"].startswith(f"arn:aws:iam::{variables['admin']['HALLMARK_ACCOUNT']}:")

    def test_at_or_after_the_effective_time(self, admin, verifier, signer, profile):
        """The boundary belongs to the revocation: a signature at the effective second is revoked."""
        envelope = Envelope(sign(signer, profile["profileName"])["signature"])
        effective = seconds_ago(60)
        revoke(admin, profile, effective)
        for offset, expected in ((-1, []), (0, [profile["profileVersionArn"]]), (1, [profile["profileVersionArn"]])):
            question = envelope.question(signatureTimestamp=effective + timedelta(seconds=offset))
            assert revoked(verifier, question) == expected, offset

    def test_it_no_longer_signs(self, admin, signer, profile):
        revoke(admin, profile, seconds_ago(0))
        with refused("ValidationException") as refusal:
            sign(signer, profile["profileName"])
        assert profile["profileName"] in refusal.message and "revoke" in refusal.message.lower()

    def test_it_cannot_be_canceled(self, admin, profile):
        name = profile["profileName"]
        revoke(admin, profile, seconds_ago(0))
        with refused(
            "ValidationException",
            f"Signing Profile {name} cannot be canceled because it has been revoked. "
            "A revoked profile cannot be canceled.",
        ):
            admin.cancel_signing_profile(profileName=name)
        assert admin.get_signing_profile(profileName=name)["status"] == "Revoked"

    def test_a_repeat_only_moves_it_earlier(self, admin, verifier, signer, profile):
        envelope = Envelope(sign(signer, profile["profileName"])["signature"])
        first, earlier, later = seconds_ago(60), seconds_ago(120), seconds_ago(90)
        between = envelope.question(signatureTimestamp=seconds_ago(100))
        revoke(admin, profile, first)
        assert revoked(verifier, between) == []
        revoke(admin, profile, earlier)
        assert revoked(verifier, between) == [profile["profileVersionArn"]]
        with refused("ValidationException") as refusal:
            revoke(admin, profile, later)
        assert "earlier" in refusal.message
        record = admin.get_signing_profile(profileName=profile["profileName"])["revocationRecord"]
        assert record["revocationEffectiveFrom"] == earlier

    def test_not_in_the_future(self, admin, signer, profile):
        with refused("ValidationException") as refusal:
            revoke(admin, profile, seconds_ago(-3600))
        assert "future" in refusal.message
        sign(signer, profile["profileName"])

    def test_wrong_version(self, admin, profile):
        with refused("ResourceNotFoundException") as refusal:
            revoke(admin, profile | {"profileVersion": "abcdefghij"}, seconds_ago(0))
        assert "abcdefghij" in refusal.message
        assert admin.get_signing_profile(profileName=profile["profileName"])["status"] == "Active"

    def test_a_canceled_one_can_be_revoked(self, admin, verifier, signer, profile):
        envelope = Envelope(sign(signer, profile["profileName"])["signature"])
        admin.cancel_signing_profile(profileName=profile["profileName"])
        revoke(admin, profile, envelope.time("authenticSigningTime"))
        assert revoked(verifier, envelope.question()) == [profile["profileVersionArn"]]


class TestGetRevocationStatus:
    @pytest.fixture
    def envelope(self, signer, profile):
        return Envelope(sign(signer, profile["profileName"])["signature"])

    def test_both_entities_at_once(self, admin, signer, verifier, profile, variables):
        answer = sign(signer, profile["profileName"])
        envelope = Envelope(answer["signature"])
        admin.revoke_signature(jobId=answer["jobId"], reason="lost")
        revoke(admin, profile, envelope.time("authenticSigningTime"))
        assert set(revoked(verifier, envelope.question())) >= {
            profile["profileVersionArn"],
            job_arn(variables["admin"], answer["jobId"]),
        }

    def test_no_oracle_for_what_never_was(self, verifier, envelope, variables):
        question = envelope.question(jobArn=job_arn(variables["verifier"], "01890a5d-ac96-774b-bcce-b302099a8057"))
        assert revoked(verifier, question) == []
        question = envelope.question(certificateHashes=["0" * 192])
        assert revoked(verifier, question) == []

    def test_other_platforms(self, verifier, envelope):
        with refused("ValidationException", "Invalid platformId: AWSLambda-SHA384-ECDSA"):
            verifier.get_revocation_status(**envelope.question(platformId="AWSLambda-SHA384-ECDSA"))

    def test_another_accounts_arns(self, verifier, envelope, variables):
        own = variables["verifier"]["HALLMARK_ACCOUNT"]
        for member in ("profileVersionArn", "jobArn"):
            foreign = envelope.question()[member].replace(own, "999999999999")
            answer = verifier.get_revocation_status(**envelope.question(**{member: foreign}))
            assert answer["revokedEntities"] == []
