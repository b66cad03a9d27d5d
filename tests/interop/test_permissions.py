"""Permissions of profiles: statements, revisions, limits, with the words that AWS Signer is known to use."""

import pytest
from botocore.exceptions import ClientError

from clients import client, new_profile

SIGN = {"action": "signer:SignPayload", "principal": "222222222222"}


@pytest.fixture
def admin(hallmark):
    return client(hallmark.role("admin"))


@pytest.fixture
def profile(admin):
    return new_profile(admin)["profileName"]


def refused(call, exception, code, message, **members):
    with pytest.raises(ClientError) as caught:
        call(**members)
    response = caught.value.response
    assert response["Error"]["Code"] == exception, response
    assert message in response["Error"]["Message"], response
    assert response.get("code") == code, response


def test_life_of_a_policy(admin, profile):
    """As Terraform's resource goes about it: an empty revision for the first statement."""
    first = admin.add_profile_permission(profileName=profile, statementId="one", revisionId="", **SIGN)["revisionId"]
    again = admin.add_profile_permission(profileName=profile, statementId="one", **SIGN)["revisionId"]
    assert again == first, "an identical statement changes nothing"
    second = admin.add_profile_permission(
        profileName=profile, statementId="two", revisionId=first, action="signer:GetSigningProfile",
        principal="arn:aws:iam::222222222222:role/builder",
    )["revisionId"]  # fmt: skip
    assert second != first
    listed = admin.list_profile_permissions(profileName=profile)
    assert listed["revisionId"] == second
    assert listed["permissions"] == [
        {"action": "signer:SignPayload", "principal": "222222222222", "statementId": "one"},
        {
            "action": "signer:GetSigningProfile",
            "principal": "arn:aws:iam::222222222222:role/builder",
            "statementId": "two",
        },
    ]
    assert listed["policySizeBytes"] > 0
    third = admin.remove_profile_permission(profileName=profile, statementId="one", revisionId=second)["revisionId"]
    assert third not in (first, second)
    admin.remove_profile_permission(profileName=profile, statementId="two", revisionId=third)
    refused(
        admin.list_profile_permissions, "ResourceNotFoundException", "PolicyNotFound",
        f"No policies associated with profile {profile}", profileName=profile,
    )  # fmt: skip
    assert admin.add_profile_permission(profileName=profile, statementId="one", **SIGN)["revisionId"]


def test_a_version_can_be_pinned(admin):
    made = new_profile(admin)
    admin.add_profile_permission(
        profileName=made["profileName"], statementId="pinned", profileVersion=made["profileVersion"], **SIGN
    )
    (permission,) = admin.list_profile_permissions(profileName=made["profileName"])["permissions"]
    assert permission["profileVersion"] == made["profileVersion"]


def test_refused_statements(admin, profile):
    add = admin.add_profile_permission
    validation, missing = "ValidationException", "ResourceNotFoundException"
    cases = [
        (validation, "ValidationException", "Action must be one of [signer:SignPayload, signer:GetSigningProfile,",
         SIGN | {"statementId": "s", "action": "signer:StartSigningJob"}),
        (validation, "InvalidPrincipal", "Principal is not a valid AWS account id or IAM Role Arn",
         SIGN | {"statementId": "s", "principal": "*"}),
        (validation, "InvalidPermissionStatement", "statement id", SIGN | {"statementId": "a b"}),
        (validation, "InvalidPermissionStatement", "statement id", SIGN | {"statementId": "s" * 65}),
        (missing, "ProfileVersionNotFound", "does not exist for SigningProfile",
         SIGN | {"statementId": "s", "profileVersion": "aaaaaaaaaa"}),
        (validation, "ValidationException", "Resource Policy does not exist but revisionId was specified",
         SIGN | {"statementId": "s", "revisionId": "5f3a"}),
    ]  # fmt: skip
    for exception, code, message, members in cases:
        refused(add, exception, code, message, profileName=profile, **members)
    refused(add, missing, "ProfileNotFound", "does not exist", profileName="nobody_has_it", statementId="s", **SIGN)


def test_revisions(admin, profile):
    add, remove = admin.add_profile_permission, admin.remove_profile_permission
    revision = add(profileName=profile, statementId="one", **SIGN)["revisionId"]
    other = {"profileName": profile, "statementId": "two"} | SIGN
    refused(add, "ValidationException", "ValidationException", "But no revisionId was provided", **other)
    stale = "0197f7a0-0000-7000-8000-000000000000"
    mismatch = f"Specified revisionId ({stale}) does not match the revisionId of the existing policy ({revision})"
    refused(add, "ConflictException", "PolicyRevisionIdMismatch", mismatch, revisionId=stale, **other)
    refused(
        add, "ValidationException", "ValidationException", "Statement with statementId one is already in the policy",
        profileName=profile, statementId="one", revisionId=revision, action="signer:GetSigningProfile",
        principal="222222222222",
    )  # fmt: skip
    refused(
        remove, "ConflictException", "PolicyRevisionIdMismatch", mismatch,
        profileName=profile, statementId="one", revisionId=stale,
    )  # fmt: skip
    refused(
        remove, "ResourceNotFoundException", "PolicyNotFound", f"No policy named three associated with {profile}",
        profileName=profile, statementId="three", revisionId=revision,
    )  # fmt: skip


def test_the_policy_has_a_limit(admin, profile):
    revision = ""
    for number in range(100):
        members = {"profileName": profile, "statementId": f"statement-{number:03}-" + "x" * 40, "revisionId": revision}
        try:
            revision = admin.add_profile_permission(**members, **SIGN)["revisionId"]
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ServiceLimitExceededException"
            assert error.response["Error"]["Message"] == "Policy cannot exceed maximum size of 2000 bytes"
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 402
            break
    else:
        pytest.fail("100 statements and no limit")
    listed = admin.list_profile_permissions(profileName=profile)
    assert listed["revisionId"] == revision, "what was refused changed nothing"


def test_only_an_active_profile_takes_permissions(admin, profile):
    admin.cancel_signing_profile(profileName=profile)
    refused(
        admin.add_profile_permission, "ValidationException", "ProfileNotActive",
        "Cannot add permission to a profile in Canceled state", profileName=profile, statementId="s", **SIGN,
    )  # fmt: skip
