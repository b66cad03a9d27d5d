"""The examples that AWS publishes with its CLI, read from the installed CLI and typed as they stand.

Their output is held against what AWS prints beneath them, members, types and values; where the two differ, the
difference stands here by name.
"""

import json
import textwrap
from pathlib import Path

import awscli
import pytest

from clients import new_profile, sign
from tools import clean_environment, run, run_well

PAGES = Path(awscli.__file__).parent / "examples" / "signer"
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/6a55389b-306b-4e8c-a95c-0123456789abc"
FREERTOS = "AmazonFreeRTOS-TI-CC3220SF"
IOT = "AWSIoTDeviceManagement-SHA256-ECDSA"

#: What the examples take to be there. MyProfile6 is the one that they put.
PROFILES = {
    "MyProfile1": FREERTOS, "MyProfile3": FREERTOS, "MyProfile4": FREERTOS, "MyProfile5": IOT, "MyProfile7": FREERTOS,
}  # fmt: skip

#: The examples' job, which no service can have: its last group has a digit too many for a UUID.
JOB = "2065c468-73e2-4385-a6c9-0123456789abc"

#: The examples are older than these members, which AWS's model has and AWS sends today.
PROFILE_SINCE = {
    ("arn", "added"), ("platformDisplayName", "added"), ("profileVersion", "added"), ("profileVersionArn", "added"),
    ("signatureValidityPeriod", "added"), ("tags", "added"),
}  # fmt: skip
JOB_SINCE = {
    ("jobInvoker", "added"), ("jobOwner", "added"), ("platformDisplayName", "added"), ("profileVersion", "added"),
    ("signatureExpiresAt", "added"),
}  # fmt: skip
#: A job of SignPayload signs what it is given: no certificate of the customer's, no object before, none after.
NO_OBJECTS = {("signingMaterial.certificateArn", "missing"), ("source", "missing"), ("signedObject", "missing")}


class Page:
    """A page of examples: one command, and what AWS printed for it."""

    def __init__(self, name: str):
        text = (PAGES / f"{name}.rst").read_text()
        # What stands indented below a paragraph that ends in `::` is literal.
        blocks = [textwrap.dedent(block) for block in split_literals(text)]
        self.command, *outputs = (block.strip() for block in blocks)
        self.silent = "This command produces no output." in text
        self.output = json.loads(outputs[0]) if outputs else None
        assert len(outputs) == (0 if self.silent else 1), f"{name} is written otherwise than it was"


def split_literals(text: str) -> list[str]:
    blocks, literal = [], False
    for line in text.splitlines():
        if line.startswith(" "):
            if not literal:
                blocks.append("")
            literal = True
            blocks[-1] += line + "\n"
        elif line.strip():
            literal = False
        elif literal:
            blocks[-1] += "\n"
    return blocks


def differences(published, ours, place="") -> set[tuple[str, str]]:
    """Where the two differ and how: missing, added, another type, another value."""
    if isinstance(published, dict) and isinstance(ours, dict):
        inside = f"{place}." if place else ""
        found = {(f"{inside}{key}", "missing") for key in published.keys() - ours.keys()}
        found |= {(f"{inside}{key}", "added") for key in ours.keys() - published.keys()}
        for key in published.keys() & ours.keys():
            found |= differences(published[key], ours[key], f"{inside}{key}")
        return found
    if type(published) is not type(ours):
        return {(place, f"{type(published).__name__} is {type(ours).__name__}")}
    return set() if published == ours else {(place, "value")}


@pytest.fixture
def typed(hallmark, tmp_path):
    """`typed(command)`: the arguments of `run`, for a shell that sourced a role's file and nothing else."""

    def call(command: str, file="dev.env"):
        # Two pages have a blank after the backslash that continues their line, which ends the command instead.
        command = "\n".join(line.rstrip() for line in command.splitlines())
        script = 'set -a; . "$1"; eval "$2"'
        return ["bash", "-c", script, "aws", hallmark.data_dir / file, command], clean_environment(tmp_path)

    return call


@pytest.fixture
def answer(typed):
    def call(command: str):
        output = run_well(*typed(command))
        return json.loads(output) if output else None

    return call


@pytest.fixture(scope="module", autouse=True)
def profiles(hallmark, admin):
    for name, platform in PROFILES.items():
        new_profile(admin, profileName=name, platformId=platform, signingMaterial={"certificateArn": CERTIFICATE})


@pytest.fixture
def signed(admin, signer) -> str:
    return sign(signer, new_profile(admin)["profileName"])["jobId"]


def entry(entries: list[dict], member: str, value: str) -> dict:
    (only,) = [entry for entry in entries if entry[member] == value]
    return only


def test_these_are_all_pages():
    """A page that AWS adds wants a test here."""
    assert {path.stem for path in PAGES.iterdir()} == {
        "cancel-signing-profile", "describe-signing-job", "get-signing-platform", "get-signing-profile",
        "list-signing-jobs", "list-signing-platforms", "list-signing-profiles", "put-signing-profile",
        "start-signing-job",
    }  # fmt: skip
    assert not (PAGES / "wait").exists()


def test_put_signing_profile(answer, variables):
    page = Page("put-signing-profile")
    put = answer(page.command)
    place = f"{variables['admin']['AWS_REGION']}:{variables['admin']['HALLMARK_ACCOUNT']}"
    page.output["arn"] = page.output["arn"].replace("us-west-2:123456789012", place)
    assert differences(page.output, put) == {("profileVersion", "added"), ("profileVersionArn", "added")}


def test_get_signing_profile(answer):
    page = Page("get-signing-profile")
    assert differences(page.output, answer(page.command)) == PROFILE_SINCE


def test_list_signing_profiles(answer):
    page = Page("list-signing-profiles")
    listed = answer(page.command)
    assert set(listed) == set(page.output)
    for published in page.output["profiles"]:
        ours = entry(listed["profiles"], "profileName", published["profileName"])
        assert differences(published, ours) == PROFILE_SINCE


def test_cancel_signing_profile(answer, admin):
    page = Page("cancel-signing-profile")
    assert page.silent and answer(page.command) is None
    assert admin.get_signing_profile(profileName="MyProfile1")["status"] == "Canceled"


def test_get_signing_platform(answer):
    page = Page("get-signing-platform")
    assert differences(page.output, answer(page.command)) == {("revocationSupported", "added")}


def test_list_signing_platforms(answer):
    page = Page("list-signing-platforms")
    listed = answer(page.command)
    assert set(listed) == set(page.output)
    encryption = "signingConfiguration.encryptionAlgorithmOptions.allowedValues"
    for published in page.output["platforms"]:
        ours = entry(listed["platforms"], "platformId", published["platformId"])
        # FreeRTOS takes RSA too since the page was written.
        later = {(encryption, "value")} if published["platformId"] == "AmazonFreeRTOS-Default" else set()
        assert differences(published, ours) == {("revocationSupported", "added")} | later


def test_describe_signing_job(answer, typed, signed):
    page = Page("describe-signing-job")
    assert JOB in page.command
    done = run(*typed(page.command))
    assert done.returncode != 0 and "(ValidationException)" in done.stderr and "jobId" in done.stderr
    ours = answer(page.command.replace(JOB, signed))
    assert ours["jobId"] == signed
    values = {"jobId", "platformId", "profileName", "requestedBy", "createdAt", "completedAt"}
    assert differences(page.output, ours) == JOB_SINCE | NO_OBJECTS | {(member, "value") for member in values}


def test_list_signing_jobs(answer, signed):
    page = Page("list-signing-jobs")
    listed = answer(page.command)
    assert set(listed) == set(page.output)
    succeeded = entry(page.output["jobs"], "status", "Succeeded")
    since = JOB_SINCE | {(member, "added") for member in ("isRevoked", "platformId", "profileName")}
    values = {("jobId", "value"), ("createdAt", "value")}
    assert differences(succeeded, entry(listed["jobs"], "jobId", signed)) == since | NO_OBJECTS | values
    assert {job["status"] for job in listed["jobs"]} == {"Succeeded"}, "jobs of SignPayload never fail"


def test_start_signing_job(typed):
    """The one example that is refused, in words (docs/compatibility.md)."""
    done = run(*typed(Page("start-signing-job").command, "signer.env"))
    assert (done.returncode, done.stdout) == (255, "")
    assert done.stderr.strip().startswith(
        "An error occurred (ValidationException) when calling the StartSigningJob operation: "
        "StartSigningJob is not served: this service has no object store to read from."
    )


def test_waiting_for_a_job(answer, typed, signed):
    """`wait successful-signing-job` has no page of its own; it polls what it waits for."""
    assert answer(f"aws signer wait successful-signing-job --job-id {signed}") is None
    unknown = "01890a5d-ac96-774b-bcce-b302099a8057"
    done = run(*typed(f"aws signer wait successful-signing-job --job-id {unknown}"))
    assert done.returncode == 255
    assert done.stderr.strip() == (
        "Waiter SuccessfulSigningJob failed: Waiter encountered a terminal failure state: "
        "Matched expected service error code: ResourceNotFoundException"
    )
