"""Who may do what: every built-in role tries every operation."""

from datetime import UTC, datetime, timedelta

import pytest

from clients import PLATFORM, job_arn, new_profile, refused, sign, unique

READS = {"GetSigningProfile", "ListSigningProfiles", "DescribeSigningJob", "GetSigningPlatform", "ListSigningPlatforms"}
TAGGING = {"TagResource", "UntagResource"}
WRITES = {"PutSigningProfile", "RevokeSignature", "CancelSigningProfile", "RevokeSigningProfile"} | TAGGING
ALLOWED = {
    "operator": set(),
    "admin": READS | WRITES | {"ListSigningJobs", "GetRevocationStatus", "ListTagsForResource"},
    "signer": READS | {"SignPayload"},
    "verifier": {"GetRevocationStatus"},
    "auditor": READS | {"ListSigningJobs", "GetRevocationStatus", "ListTagsForResource"},
}
EVERYTHING = set().union(*ALLOWED.values())


@pytest.fixture
def profile(admin):
    return new_profile(admin)


def calls(client, variables, profile, job_id) -> dict:
    name, version = profile["profileName"], profile["profileVersion"]
    moment = datetime.now(UTC) - timedelta(seconds=5)
    question = {
        "signatureTimestamp": moment,
        "platformId": PLATFORM,
        "certificateHashes": ["0" * 192],
        "profileVersionArn": profile["profileVersionArn"],
        "jobArn": job_arn(variables, job_id),
    }
    return {
        "PutSigningProfile": lambda: new_profile(client),
        "GetSigningProfile": lambda: client.get_signing_profile(profileName=name),
        "ListSigningProfiles": client.list_signing_profiles,
        "SignPayload": lambda: sign(client, name),
        "DescribeSigningJob": lambda: client.describe_signing_job(jobId=job_id),
        "ListSigningJobs": client.list_signing_jobs,
        "GetRevocationStatus": lambda: client.get_revocation_status(**question),
        "GetSigningPlatform": lambda: client.get_signing_platform(platformId=PLATFORM),
        "ListSigningPlatforms": client.list_signing_platforms,
        "TagResource": lambda: client.tag_resource(resourceArn=profile["arn"], tags={"a": "b"}),
        "UntagResource": lambda: client.untag_resource(resourceArn=profile["arn"], tagKeys=["a"]),
        "ListTagsForResource": lambda: client.list_tags_for_resource(resourceArn=profile["arn"]),
        "RevokeSignature": lambda: client.revoke_signature(jobId=job_id, reason="test"),
        "CancelSigningProfile": lambda: client.cancel_signing_profile(profileName=name),
        "RevokeSigningProfile": lambda: client.revoke_signing_profile(
            profileName=name, profileVersion=version, reason="test", effectiveTime=moment
        ),
    }


@pytest.mark.parametrize("role", ALLOWED)
def test_denied(role, clients, variables, signer, auditor, profile):
    job_id = sign(signer, profile["profileName"])["jobId"]
    attempts = calls(clients[role], variables[role], profile, job_id)
    assert set(attempts) == EVERYTHING
    for operation in sorted(EVERYTHING - ALLOWED[role]):
        with refused("AccessDeniedException") as refusal:
            attempts[operation]()
        assert f"signer:{operation}" in refusal.message, refusal.message
    assert auditor.get_signing_profile(profileName=profile["profileName"])["status"] == "Active"
    assert "revocationRecord" not in auditor.describe_signing_job(jobId=job_id)


@pytest.mark.parametrize("role, operation", [(role, each) for role in ALLOWED for each in sorted(ALLOWED[role])])
def test_allowed(role, operation, clients, variables, signer, profile):
    job_id = sign(signer, profile["profileName"])["jobId"]
    calls(clients[role], variables[role], profile, job_id)[operation]()


def test_absence_is_no_news(verifier, profile):
    """Absent and forbidden answer identically."""
    answers = []
    for name in (profile["profileName"], unique("nobody")):
        with refused("AccessDeniedException") as refusal:
            verifier.get_signing_profile(profileName=name)
        answers.append(refusal.message.replace(name, "NAME"))
    assert answers[0] == answers[1]
