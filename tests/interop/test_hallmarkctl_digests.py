"""hallmarkctl jobs revoke --digests: all signatures of many artifacts, or none that would go unnoticed."""

import json
import os
import re

import pytest

from clients import client, new_profile, payload, sign
from composed import Composed
from forwarder import Forwarder
from hallmarkctl import DONE, FORBIDDEN, NO, PARTLY, UNANSWERED, UNCONFIRMED, USAGE, Ctl

REASON = ("--reason", "the build host was compromised")


@pytest.fixture
def ctl(tmp_path, variables):
    return Ctl(tmp_path, variables["admin"])


def digest() -> str:
    return "sha256:" + os.urandom(32).hex()


class Artifacts:
    """Artifacts of a profile, each with the jobs that signed it."""

    def __init__(self, admin, signer):
        self.admin, self.signer = admin, signer
        self.profile = new_profile(admin, signingParameters={"verificationPlugin": "hallmark"})["profileName"]
        self.jobs: dict[str, list[str]] = {}

    def sign(self, artifacts: int, times: int = 1) -> list[str]:
        made = [digest() for _ in range(artifacts)]
        for artifact in made:
            answers = [sign(self.signer, self.profile, payload(artifact)) for _ in range(times)]
            self.jobs[artifact] = [answer["jobId"] for answer in answers]
        return made

    def all(self) -> set[str]:
        return {job for jobs in self.jobs.values() for job in jobs}

    def revoked(self) -> set[str]:
        """Those of the jobs that are revoked."""
        return {job for job in self.all() if "revocationRecord" in self.admin.describe_signing_job(jobId=job)}


@pytest.fixture
def artifacts(admin, signer):
    return Artifacts(admin, signer)


@pytest.fixture
def listed(tmp_path):
    """`listed(lines)`: a file of these lines."""

    def write(lines) -> str:
        path = tmp_path / "digests"
        path.write_text("".join(f"{line}\n" for line in lines))
        return str(path)

    return write


def words(file: str, *more: str) -> tuple[str, ...]:
    return ("jobs", "revoke", "--digests", file, *REASON, *more)


def numbers(text: str) -> dict[str, int]:
    """The counts at the beginning of a page."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).replace("\r", "\n")
    return {name: int(count) for name, count in re.findall(r"^([a-z ]+?)  +(\d+)$", plain, re.MULTILINE)}


def test_two_hundred(ctl, artifacts, listed, admin):
    """Unknown ones, repetitions, comments, some signed twice, some revoked before; and the rest stays good."""
    once, twice, unknown = artifacts.sign(140), artifacts.sign(20, times=2), [digest() for _ in range(40)]
    spared = artifacts.sign(2)
    before = {artifacts.jobs[artifact][0] for artifact in twice[:7]}
    for job in before:
        admin.revoke_signature(jobId=job, reason="earlier")
    lines = ["# incident 7", "", *once, *(f"  {artifact}  # twice" for artifact in twice), *unknown, *once[:9]]
    file = listed(lines)

    with ctl.terminal(*words(file)) as terminal:
        terminal.expect("Revoke 173 signatures?")
        assert numbers(terminal.seen) == {
            "artifacts": 200, "signatures to revoke": 173, "revoked already": 7, "artifacts never signed": 40
        }  # fmt: skip
        assert "To revoke, the latest first, 10 of 173:" in terminal.seen
        assert re.search(rf"{artifacts.profile} +\w+ +173\n", terminal.seen)
        assert artifacts.revoked() == before
        shown = terminal.type("yes\n").end(NO).split("[yes/no]")[1]
    assert numbers(shown)["revoked"] == 173
    assert all(artifact in shown for artifact in unknown), "each that was never signed is listed"
    assert "next: --allow-unknown" in shown
    good = {job for artifact in spared for job in artifacts.jobs[artifact]}
    assert artifacts.revoked() == artifacts.all() - good

    again = ctl.json(*words(file, "--allow-unknown"))
    assert (again["digests"], again["revoked"], again["failed"], again["notTried"]) == (200, [], [], [])
    assert len(again["alreadyRevoked"]) == 180
    assert sorted(again["unknownDigests"]) == sorted(unknown)
    reasons = {admin.describe_signing_job(jobId=job)["revocationRecord"]["reason"] for job in before}
    assert reasons == {"earlier"}, "what was revoked before keeps its record"


def test_standard_input(ctl, artifacts):
    (artifact,) = artifacts.sign(1)
    assert "no terminal to ask on" in ctl.fails(UNCONFIRMED, *words("-"), stdin=f"{artifact}\n")
    assert artifacts.revoked() == set()
    done = ctl.run(*words("-", "--yes", "--output", "json"), stdin=f"{artifact}\n")
    assert done.returncode == DONE, done.stderr
    assert json.loads(done.stdout)["revoked"] == artifacts.jobs[artifact]
    assert artifacts.revoked() == artifacts.all()


def test_no(ctl, artifacts, listed):
    with ctl.terminal(*words(listed(artifacts.sign(2)))) as terminal:
        terminal.expect("Revoke 2 signatures?").type("no\n").end(UNCONFIRMED)
    assert artifacts.revoked() == set()


def test_a_wrong_line_spoils_the_file(ctl, artifacts, listed):
    (artifact,) = artifacts.sign(1)
    error = ctl.fails(USAGE, *words(listed([artifact, "sha256:abc", "latest"]), "--yes"))
    assert "line 2: 'sha256:abc' is not a digest" in error
    assert "line 3: 'latest' is not a digest" in error
    assert artifacts.revoked() == set()
    assert "there is no digest in it" in ctl.fails(USAGE, *words(listed(["# none"]), "--yes"))
    assert "No such file" in ctl.fails(USAGE, *words("/nonexistent", "--yes"))


def test_what_cannot_be_found_is_not_begun(ctl, artifacts, listed, variables):
    """One question of many goes unanswered: what would be affected is not known, so nothing is done."""
    known = artifacts.sign(12)
    lost = known[7].replace(":", "%3A")
    with Forwarder(variables["admin"]["HALLMARK_URL"], lambda _, path: lost in path) as forwarder:
        error = ctl.fails(UNANSWERED, *words(listed(known), "--yes", "--url", forwarder.url, "--timeout", "3"))
        assert forwarder.url in error
        assert not [path for method, path in forwarder.requests if method == "PUT"]
    assert artifacts.revoked() == set()


def test_a_service_that_goes_away(ctl, artifacts, listed, variables):
    """It stops in the middle, tells what is left, and the same command does the rest."""
    file = listed(artifacts.sign(40))
    handed_on = []

    def lose(method, path) -> bool:
        if method == "PUT":
            handed_on.append(path)
        return len(handed_on) > 15

    with Forwarder(variables["admin"]["HALLMARK_URL"], lose) as forwarder:
        done = ctl.run(*words(file, "--yes", "--output", "json", "--url", forwarder.url, "--timeout", "5"))
    assert done.returncode == PARTLY, done.stderr
    assert "then give the same command again" in done.stderr
    outcome = json.loads(done.stdout)
    left = [refusal["jobId"] for refusal in outcome["failed"]] + outcome["notTried"]
    assert set(outcome["revoked"]) == artifacts.revoked()
    assert set(left) == artifacts.all() - artifacts.revoked()
    assert outcome["notTried"], "it does not go on where nobody answers"
    assert all(forwarder.url in refusal["error"] for refusal in outcome["failed"])
    rest = ctl.json(*words(file, "--yes"))
    assert (set(rest["revoked"]), rest["failed"]) == (set(left), [])
    assert artifacts.revoked() == artifacts.all()


def test_credentials_that_do_not_suffice(tmp_path, variables, artifacts, listed):
    """An auditor finds the jobs and may not revoke: each refusal is listed."""
    file = listed(artifacts.sign(3))
    auditor = Ctl(tmp_path, variables["auditor"])
    done = auditor.run(*words(file, "--yes"))
    assert done.returncode == PARTLY
    assert done.stdout.count("AccessDeniedException") == 3
    assert "0 signatures revoked, 3 not" in done.stderr
    assert artifacts.revoked() == set()
    Ctl(tmp_path, variables["signer"]).fails(FORBIDDEN, *words(file, "--yes"))


@pytest.fixture(scope="module")
def composed(tmp_path_factory):
    composed = Composed(tmp_path_factory.mktemp("two-accounts"))
    try:
        yield composed.up()
        composed.end()
    finally:
        composed.destroy()


def test_another_account(composed, tmp_path):
    """A job of another account's profile is revoked once that account permits it; until then it is listed as failed."""
    url = composed.administrator().get("HALLMARK_URL") or f"http://127.0.0.1:{composed.ports[8080]}"
    own = {role: composed.principal(role.lower(), role) for role in ("SecurityAdmin", "Signer")}
    account = json.loads(composed.hallmark("account", "create", "owner", "--output", "json").stdout)["account"]
    owner = composed.principal("owner", "SecurityAdmin", "--account", account)
    mine, theirs = (Ctl(tmp_path, variables, HALLMARK_URL=url) for variables in (own["SecurityAdmin"], owner))
    theirs.well("profiles", "create", "shared", "--for", "plugin")
    permit = ("permissions", "add", "shared", "--principal", own["Signer"]["HALLMARK_ACCOUNT"], "--statement-id")
    theirs.well(*permit, "sign")
    theirs.well(*permit, "look", "--action", "signer:GetSigningProfile")
    assert mine.facts("profiles", "show", "shared", "--owner", account)["profile"] == "shared"
    mine.well("profiles", "create", "local", "--for", "plugin")
    signer, artifact = client(own["Signer"]), digest()
    local = sign(signer, "local", payload(artifact))["jobId"]
    foreign = signer.sign_payload(
        profileName="shared", profileOwner=account, payload=payload(artifact),
        payloadFormat="application/vnd.cncf.notary.payload.v1+json",
    )["jobId"]  # fmt: skip

    alone = mine.fails(FORBIDDEN, "jobs", "revoke", foreign, "--owner", account, *REASON, "--yes")
    assert f"the account {account} does not permit it" in alone
    done = mine.run(*words("-", "--yes", "--output", "json"), stdin=artifact)
    assert done.returncode == PARTLY, done.stderr
    outcome = json.loads(done.stdout)
    assert (outcome["revoked"], outcome["notTried"]) == ([local], []), "one refusal does not stop the others"
    (refusal,) = outcome["failed"]
    assert (refusal["jobId"], refusal["artifactDigest"]) == (foreign, artifact)
    assert f"the account {account} does not permit it" in refusal["error"]

    theirs.well(*permit, "revoke", "--action", "signer:RevokeSignature")
    again = json.loads(mine.run(*words("-", "--yes", "--output", "json"), stdin=artifact).stdout)
    assert (again["revoked"], again["alreadyRevoked"], again["failed"]) == ([foreign], [local], [])
