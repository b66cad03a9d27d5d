"""The AWS CLI with nothing but an environment file, as a release engineer types it."""

import base64
import json

import pytest

from clients import PAYLOAD_FORMAT, PLATFORM, payload, unique
from envelope import Envelope
from tools import TOOLS, clean_environment, run, run_well


@pytest.fixture
def aws(tmp_path, hallmark):
    """`aws(role, *words)`: the CLI in a shell that sourced the role's file; parsed JSON, or "" for no output."""

    def call(role: str, *words: str):
        file = {"admin": "dev"}.get(role, role)
        output = run_well(*command(file, words))
        return json.loads(output) if output else ""

    def command(file, words):
        script = 'set -a; . "$1"; shift; exec aws --output json signer "$@"'
        arguments = ["bash", "-c", script, "aws", hallmark.data_dir / f"{file}.env", *words]
        return arguments, clean_environment(tmp_path)

    def fails(role: str, *words: str) -> str:
        done = run(*command({"admin": "dev"}.get(role, role), words))
        assert done.returncode != 0, done.stdout
        return done.stderr.strip()

    call.fails = fails
    return call


@pytest.fixture
def profile(aws):
    name = unique()
    put = aws("admin", "put-signing-profile", "--profile-name", name, "--platform-id", PLATFORM)
    return {"profileName": name, **put}


def sign(aws, tmp_path, name: str) -> dict:
    content = tmp_path / "payload.json"
    content.write_bytes(payload())
    return aws(
        "signer", "sign-payload", "--profile-name", name,
        "--payload", f"fileb://{content}", "--payload-format", PAYLOAD_FORMAT,
    )  # fmt: skip


def status(aws, envelope: Envelope) -> list[str]:
    question = envelope.question()
    return aws(
        "verifier", "get-revocation-status",
        "--signature-timestamp", envelope.protected["io.cncf.notary.authenticSigningTime"],
        "--platform-id", PLATFORM,
        "--profile-version-arn", question["profileVersionArn"],
        "--job-arn", question["jobArn"],
        "--certificate-hashes", *question["certificateHashes"],
    )["revokedEntities"]  # fmt: skip


def test_it_is_the_pinned_cli():
    version = run_well([TOOLS / "venv" / "bin" / "aws", "--version"], clean_environment(TOOLS))
    assert version.startswith("aws-cli/1.46.2 ")


def test_profile(aws, profile):
    name = profile["profileName"]
    seen = aws("admin", "get-signing-profile", "--profile-name", name)
    assert (seen["status"], seen["profileVersionArn"]) == ("Active", profile["profileVersionArn"])
    error = aws.fails("admin", "put-signing-profile", "--profile-name", name, "--platform-id", PLATFORM)
    assert error.endswith(
        "An error occurred (ValidationException) when calling the PutSigningProfile operation: "
        f"Profile with name {name} already exists"
    )
    assert name in {entry["profileName"] for entry in aws("auditor", "list-signing-profiles")["profiles"]}
    assert aws("admin", "cancel-signing-profile", "--profile-name", name) == ""
    listed = aws("auditor", "list-signing-profiles")["profiles"]
    assert name not in {entry["profileName"] for entry in listed}
    listed = aws("auditor", "list-signing-profiles", "--include-canceled")["profiles"]
    assert {"Canceled"} == {entry["status"] for entry in listed if entry["profileName"] == name}


def test_signature(aws, profile, tmp_path):
    answer = sign(aws, tmp_path, profile["profileName"])
    envelope = Envelope(base64.b64decode(answer["signature"]))
    envelope.check_signature()
    assert envelope.payload == payload()
    assert status(aws, envelope) == []
    job = aws("auditor", "describe-signing-job", "--job-id", answer["jobId"])
    assert (job["status"], job["profileName"]) == ("Succeeded", profile["profileName"])
    assert answer["jobId"] in {entry["jobId"] for entry in aws("auditor", "list-signing-jobs")["jobs"]}
    assert aws("admin", "revoke-signature", "--job-id", answer["jobId"], "--reason", "dirty tree") == ""
    assert status(aws, envelope) == [envelope.question()["jobArn"]]
    revoked = aws("auditor", "list-signing-jobs", "--is-revoked")["jobs"]
    assert answer["jobId"] in {entry["jobId"] for entry in revoked}
    assert (
        aws("auditor", "describe-signing-job", "--job-id", answer["jobId"])["revocationRecord"]["reason"]
        == "dirty tree"
    )


def test_revoked_profile(aws, profile, tmp_path):
    envelope = Envelope(base64.b64decode(sign(aws, tmp_path, profile["profileName"])["signature"]))
    effective = envelope.protected["io.cncf.notary.authenticSigningTime"]
    revoke = [
        "revoke-signing-profile", "--profile-name", profile["profileName"],
        "--profile-version", profile["profileVersion"], "--reason", "key lost", "--effective-time", effective,
    ]  # fmt: skip
    assert aws("admin", *revoke) == ""
    assert status(aws, envelope) == [profile["profileVersionArn"]]
    assert aws("admin", "get-signing-profile", "--profile-name", profile["profileName"])["status"] == "Revoked"
    error = aws.fails("admin", "cancel-signing-profile", "--profile-name", profile["profileName"])
    assert error.endswith("A revoked profile cannot be canceled.")


@pytest.mark.parametrize("role", ["verifier", "auditor", "signer"])
def test_denied(aws, role):
    error = aws.fails(role, "put-signing-profile", "--profile-name", unique(), "--platform-id", PLATFORM)
    assert "An error occurred (AccessDeniedException) when calling the PutSigningProfile operation" in error
