"""hallmarkctl: what it shows, in tables and as JSON, and how it ends."""

import os
import re
import shutil
import socket
import subprocess
import time

import pytest

from clients import new_profile, payload, sign, unique
from forwarder import Forwarder
from hallmark_operations import Operations
from hallmarkctl import DONE, FORBIDDEN, HALLMARKCTL, NO, REFUSED, UNANSWERED, USAGE, Ctl
from tools import ROOT

ESCAPE = "\x1b["
NOWHERE = "sha256:" + "00" * 32


@pytest.fixture
def ctl(tmp_path, variables):
    """`ctl(role)`: the command line with that role's credentials."""
    return lambda role="admin", **more: Ctl(tmp_path, variables[role], **more)


@pytest.fixture(scope="module")
def signed(admin, signer):
    """A profile with three signatures of one artifact."""
    digest = "sha256:" + os.urandom(32).hex()
    profile = new_profile(admin, signingParameters={"verificationPlugin": "hallmark"}, tags={"team": "a b"})
    jobs = [sign(signer, profile["profileName"], payload(digest))["jobId"] for _ in range(3)]
    return {**profile, "digest": digest, "jobs": sorted(jobs, reverse=True)}


def unread(ctl, *words) -> subprocess.CompletedProcess:
    """Runs it with a standard output that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing) as nobody:
        return subprocess.run(
            [HALLMARKCTL, *words], env=ctl.environment, stdin=subprocess.DEVNULL, stdout=nobody,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip


class TestProfiles:
    @pytest.mark.parametrize(
        ("audience", "parameters"),
        [
            ("plugin", {"verificationPlugin": "hallmark"}),
            ("plain", {"verificationPlugin": "none"}),
            ("kyverno", {"verificationPlugin": "none", "signingScheme": "notary.x509", "issuer": "profile"}),
            ("aws-plugin", {}),
        ],
    )
    def test_create(self, ctl, admin, audience, parameters):
        name = unique()
        shown = ctl().well("profiles", "create", name, "--for", audience, "--validity", "90d", "--tag", "team=a=b")
        profile = admin.get_signing_profile(profileName=name)
        assert profile.get("signingParameters", {}) == parameters
        assert profile["signatureValidityPeriod"] == {"value": 90, "type": "DAYS"}
        assert profile["tags"] == {"team": "a=b"}
        assert f"version  {profile['profileVersion']}" in shown
        assert f"hallmarkctl trust export --profile {name}" in shown
        # One who accepts and, but for Kyverno's, one who does not; the same table is shown later.
        assert "  yes  " in shown
        assert ("  no  " in shown) == (audience != "kyverno")
        accepting = shown[shown.index("Who accepts") : shown.index("\n\nWhat to type next")]
        assert accepting in ctl().well("profiles", "show", name)
        assert [name, profile["profileVersion"], "Active", "90 days", audience] in [
            row[:5] for row in ctl().rows("profiles", "list")
        ]

    def test_create_as_json(self, ctl, admin):
        name = unique()
        made = ctl().json("profiles", "create", name, "--for", "plain")
        profile = admin.get_signing_profile(profileName=name)
        assert made == {member: profile[member] for member in ("arn", "profileVersion", "profileVersionArn")}

    def test_create_again(self, ctl, signed):
        error = ctl().fails(REFUSED, "profiles", "create", signed["profileName"], "--for", "plain")
        assert "already exists" in error

    def test_show(self, ctl, admin, signed):
        facts = ctl().facts("profiles", "show", signed["profileName"])
        assert facts["version"] == signed["profileVersion"]
        assert facts["arn"] == signed["arn"]
        assert facts["status"] == "Active"
        assert facts["validity"] == "135 months"
        assert (facts["parameter"], facts["tag"]) == ("verificationPlugin=hallmark", "team=a b")
        answer = admin.get_signing_profile(profileName=signed["profileName"])
        del answer["ResponseMetadata"]
        assert ctl().json("profiles", "show", signed["profileName"]) == answer

    def test_list_follows_pages(self, ctl, admin):
        paginator = admin.get_paginator("list_signing_profiles")
        every = {"statuses": ["Active", "Canceled", "Revoked"], "PaginationConfig": {"PageSize": 5}}
        for _ in range(27):
            new_profile(admin)
        expected = [profile for page in paginator.paginate(**every) for profile in page["profiles"]]
        assert len(expected) > 25, "more than one page of the service's own length"
        assert ctl().json("profiles", "list", "--all") == {"profiles": expected}
        names = [row[0] for row in ctl().rows("profiles", "list", "--all")[1:]]
        assert names == [profile["profileName"] for profile in expected]
        done = ctl().run("profiles", "list", "--all", "--limit", "26", "--output", "json")
        assert done.stderr == "There are more signing profiles than these 26.\n"
        assert ctl().json("profiles", "list", "--all", "--limit", "26") == {"profiles": expected[:26]}

    def test_list_by_status(self, ctl, admin):
        name = new_profile(admin)["profileName"]
        admin.cancel_signing_profile(profileName=name)
        names = lambda *words: [row[0] for row in ctl().rows("profiles", "list", *words)]  # noqa: E731
        assert name not in names()
        assert name in names("--status", "canceled")
        assert name not in names("--status", "revoked", "--status", "active")

    def test_use(self, ctl, signed):
        use = ctl().json("profiles", "use", signed["profileName"])
        assert (use["signatureCount"], use["artifactCount"], use["requesterCount"]) == (3, 1, 1)
        assert [job["jobId"] for job in use["jobs"]] == signed["jobs"]
        shown = ctl().well("profiles", "use", signed["profileName"], "--sample", "2")
        assert "3 signatures, neither revoked nor expired" in shown
        assert "The jobs that made them, the latest first, 2 of 3:" in shown
        assert use["requesters"][0]["requestedBy"] in shown
        none = ctl().json("profiles", "use", signed["profileName"], "--since", "2999-01-01T00:00:00Z")
        assert none["signatureCount"] == 0

    def test_tags(self, ctl, admin):
        name = new_profile(admin)["profileName"]
        ctl().well("profiles", "tag", name, "team=a", "stage=")
        assert ctl().json("profiles", "tags", name) == {"tags": {"stage": "", "team": "a"}}
        assert ctl().rows("profiles", "tags", name) == [["KEY", "VALUE"], ["stage"], ["team", "a"]]
        assert ctl().json("profiles", "untag", name, "stage", "team") == {}
        assert ctl().json("profiles", "tags", name) == {"tags": {}}


class TestPermissions:
    def test_life(self, ctl, admin):
        name = new_profile(admin)["profileName"]
        assert "No policies" in ctl().fails(NO, "permissions", "list", name)
        add = ("permissions", "add", name, "--principal", "210987654321", "--statement-id")
        ctl().well(*add, "sign")
        second = ctl().json(*add, "look", "--action", "signer:GetSigningProfile")
        listed = ctl().json("permissions", "list", name)
        assert listed["revisionId"] == second["revisionId"]
        assert [permission["statementId"] for permission in listed["permissions"]] == ["sign", "look"]
        assert ctl().rows("permissions", "list", name) == [
            ["STATEMENT", "PRINCIPAL", "ACTION", "VERSION"],
            ["sign", "210987654321", "signer:SignPayload", "any"],
            ["look", "210987654321", "signer:GetSigningProfile", "any"],
        ]
        conflict = ctl().fails(REFUSED, "permissions", "remove", name, "sign", "--revision", "other")
        assert "next: somebody changed it" in conflict
        ctl().well("permissions", "remove", name, "sign")
        ctl().well("permissions", "remove", name, "look")
        assert admin.add_profile_permission(
            profileName=name, statementId="s", action="signer:SignPayload", principal="210987654321"
        )

    def test_nobody_is_everybody(self, ctl, signed):
        error = ctl().fails(
            USAGE, "permissions", "add", signed["profileName"], "--statement-id", "s", "--principal", "*"
        )
        assert "is not an AWS account id or IAM Role Arn" in error


class TestJobs:
    def test_list_and_show(self, ctl, admin, signed):
        listed = ctl().json("jobs", "list", "--artifact", signed["digest"])["jobs"]
        assert [job["jobId"] for job in listed] == signed["jobs"]
        rows = ctl().rows("jobs", "list", "--artifact", signed["digest"])
        assert rows[0] == ["JOB", "SIGNED AT", "PROFILE", "VERSION", "ARTIFACT", "REVOKED"]
        assert [row[0] for row in rows[1:]] == signed["jobs"]
        assert [job["jobId"] for job in ctl().json("jobs", "list", "--limit", "1")["jobs"]] == [
            admin.list_signing_jobs(maxResults=1)["jobs"][0]["jobId"]
        ]
        job = ctl().json("jobs", "show", signed["jobs"][0])
        answer = admin.describe_signing_job(jobId=signed["jobs"][0])
        assert (job["requestedBy"], job["artifactDigest"]) == (answer["requestedBy"], signed["digest"])
        facts = ctl().facts("jobs", "show", signed["jobs"][0])
        assert (facts["artifact"], facts["certificate"]) == (signed["digest"], job["serialNumber"])
        assert facts["revoked"] == "no"

    def test_find(self, ctl, signed):
        assert [row[0] for row in ctl("auditor").rows("jobs", "find", signed["digest"])[1:]] == signed["jobs"]
        assert len(ctl().json("jobs", "find", signed["digest"], "--not-revoked")["jobs"]) == 3
        assert "no such job signed" in ctl().fails(NO, "jobs", "find", signed["digest"], "--revoked")
        done = ctl().run("jobs", "find", NOWHERE, "--output", "json")
        assert (done.returncode, done.stdout) == (NO, '{\n  "jobs": []\n}\n')

    def test_status(self, ctl, admin, signer):
        name = new_profile(admin, signingParameters={"verificationPlugin": "hallmark"})["profileName"]
        bad, good = (sign(signer, name)["jobId"] for _ in range(2))
        admin.revoke_signature(jobId=bad, reason="wrong")
        assert ctl("auditor").json("jobs", "status", good)["revokedEntities"] == []
        assert "nothing of it is revoked" in ctl().well("jobs", "status", good)
        done = ctl().run("jobs", "status", bad)
        assert done.returncode == NO
        assert f"/signing-jobs/{bad}" in done.stdout


class TestCertificates:
    def test_certificates(self, ctl, variables, signed):
        operations = Operations(variables["admin"])
        (certificate,) = operations.certificates(profileName=signed["profileName"])
        name, serial = signed["profileName"], certificate["serialNumber"]
        assert ctl().json("certificates", "list", "--profile", name) == {"certificates": [certificate]}
        rows = ctl().rows("certificates", "list", "--profile", name)
        assert rows[1][:2] == [serial, "CodeSigning"]
        chain = operations.call("GET", f"certificates/{serial}/chain")
        assert ctl().json("certificates", "chain", serial.upper()) == chain
        assert ctl().well("certificates", "chain", serial) == chain["pem"]
        assert ctl().json("certificates", "show", serial) == chain["certificates"][0]
        shown = ctl().well("certificates", "show", serial)
        assert shown.split("\n\n")[1] == chain["certificates"][0]["certificate"]
        assert ctl().facts("certificates", "show", serial)["profile"] == f"{name} version {signed['profileVersion']}"
        assert "certificates list" in ctl().fails(NO, "certificates", "show", "00ff")

    def test_issuers(self, ctl, variables):
        issuers = Operations(variables["admin"]).call("GET", "issuers")
        assert ctl("operator").json("issuers", "list", "--limit", "25")["issuers"] == issuers["issuers"]
        rows = ctl().rows("issuers", "list")
        assert rows[1][:2] == [issuers["issuers"][0]["serialNumber"], "Issuer"]

    def test_revocations(self, ctl, admin, signer, signed):
        job = sign(signer, signed["profileName"])["jobId"]
        reason = f"{unique()} \x1b[31m\u202egnp\n\u9b2c"
        admin.revoke_signature(jobId=job, reason=reason)
        (record,) = ctl("auditor").json("revocations", "list", "--job", job)["revocations"]
        assert record["reason"] == reason, "scripts get it as it was written"
        shown = ctl().json("revocations", "show", record["revocationId"])
        assert shown == record
        facts = ctl().facts("revocations", "show", record["revocationId"])
        assert (facts["subject"], facts["type"]) == (job, "SigningJob")
        rows = ctl().rows("revocations", "list", "--job", job)
        escaped = reason.replace("\x1b", "\\u{1b}").replace("\n", "\\n").replace("\u202e", "\\u{202e}")
        assert facts["reason"] == rows[1][-1] == escaped, "people's terminals are not commanded"

    def test_platforms(self, ctl, admin):
        answer = admin.list_signing_platforms()
        assert ctl().json("platforms", "list") == {"platforms": answer["platforms"]}
        assert [row[0] for row in ctl().rows("platforms", "list")[1:]] == [
            platform["platformId"] for platform in answer["platforms"]
        ]


class TestExitCodes:
    def test_they_are_documented(self, ctl):
        shown = ctl().well("exit-codes")
        assert re.findall(r"^  (\d)  ", shown, re.MULTILINE) == list("012345678")
        assert shown.splitlines()[0] in ctl().well("help", "exit-codes")
        page = (ROOT / "docs" / "hallmarkctl.md").read_text()
        documented = re.findall(r"^\| (\d) \| (.+?) \|$", page, re.MULTILINE)
        assert documented == re.findall(r"^  (\d)  (.+)$", shown, re.MULTILINE)

    def test_usage(self, ctl):
        assert "Usage:" in ctl().fails(USAGE)
        assert "unrecognized subcommand" in ctl().fails(USAGE, "profile", "destroy")
        assert "is not a profile name" in ctl().fails(USAGE, "profiles", "show", "no-profile")
        assert "is not a digest" in ctl().fails(USAGE, "jobs", "find", "sha256:ab")
        assert "'now', or a time" in ctl().fails(
            USAGE, "profiles", "revoke", "app", "--reason", "r", "--effective-time", "yesterday"
        )
        assert "above 0" in ctl().fails(USAGE, "profiles", "list", "--timeout", "0")

    def test_settings_are_needed(self, tmp_path, variables):
        none = Ctl(tmp_path, {})
        assert "HALLMARK_URL" in none.fails(USAGE, "profiles", "list")
        url = variables["admin"]["HALLMARK_URL"]
        assert "AWS_REGION" in none.fails(USAGE, "profiles", "list", "--url", url)
        error = none.fails(FORBIDDEN, "profiles", "list", "--url", url, "--region", "us-east-1")
        assert "AWS_PROFILE" in error
        elsewhere = ("--url", "http://192.0.2.1", "--region", "us-east-1")
        assert "HALLMARK_PLAIN_HTTP=true" in none.fails(USAGE, "jobs", "list", *elsewhere)

    def test_shared_files(self, tmp_path, variables):
        (tmp_path / ".aws").mkdir()
        admin = variables["admin"]
        (tmp_path / ".aws" / "config").write_text(
            f"[profile keeper]\nregion = {admin['AWS_REGION']}\nendpoint_url = {admin['HALLMARK_URL']}\n"
            f"aws_access_key_id = {admin['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {admin['AWS_SECRET_ACCESS_KEY']}\n"
        )
        assert Ctl(tmp_path, {}).well("profiles", "list", "--aws-profile", "keeper")

    def test_credentials(self, ctl, signed):
        wrong = ctl(AWS_SECRET_ACCESS_KEY="wrong").fails(FORBIDDEN, "profiles", "list")
        assert "InvalidSignatureException" in wrong
        unknown = ctl(AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE").fails(FORBIDDEN, "profiles", "list")
        assert "AWS_REGION and this machine's clock" in unknown
        assert "AWS_REGION" in ctl().fails(FORBIDDEN, "profiles", "list", "--region", "eu-north-1")
        read = ctl("verifier").fails(FORBIDDEN, "profiles", "list")
        assert "its role, Verifier, does not allow it" in read
        assert "next: use credentials of a principal with the role SecurityAdmin or Auditor" in read
        write = ctl("auditor").fails(FORBIDDEN, "profiles", "create", unique(), "--for", "plain")
        assert write.endswith("next: use credentials of a principal with the role SecurityAdmin\n")
        foreign = ctl().fails(FORBIDDEN, "profiles", "show", signed["profileName"], "--owner", "210987654321")
        assert "hallmarkctl permissions add" in foreign

    def test_not_found(self, ctl):
        error = ctl().fails(NO, "profiles", "show", unique())
        assert "next: hallmarkctl profiles list --all shows what there is" in error
        assert "hallmarkctl jobs list" in ctl().fails(NO, "jobs", "show", "0197f7a0-1c2d-7e3f-8a4b-5c6d7e8f9a0b")

    def test_unreachable(self, ctl):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            refused = ctl().fails(UNANSWERED, "jobs", "list", "--url", url, "--timeout", "3")
            assert "Connection refused" in refused
            listener.listen()
            silent = ctl().fails(UNANSWERED, "jobs", "list", "--url", url, "--timeout", "0.5")
            assert "did not answer within 0.5 s" in silent

    def test_another_service(self, ctl, variables):
        pki = variables["admin"]["HALLMARK_PKI_URL"]
        assert "is it a Hallmark service" in ctl().fails(UNANSWERED, "jobs", "list", "--url", pki)


class TestTerminal:
    def test_colours_only_on_a_terminal(self, ctl, signed):
        words = ("profiles", "show", signed["profileName"])
        with ctl().terminal(*words) as terminal:
            assert ESCAPE in terminal.end(DONE)
        assert ESCAPE not in ctl().well(*words)
        assert ESCAPE in ctl(NO_COLOR="1").well(*words, "--color", "always")
        for quiet in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            with ctl(**quiet).terminal(*words) as terminal:
                assert ESCAPE not in terminal.end(DONE)
        with ctl().terminal(*words, "--color", "never") as terminal:
            assert ESCAPE not in terminal.end(DONE)
        with ctl().terminal(*words, "--output", "json") as terminal:
            assert ESCAPE not in terminal.end(DONE)
        with ctl().terminal(*words, piped=True) as terminal:
            assert ESCAPE not in terminal.piped()

    def test_progress_on_a_terminal_after_a_while(self, ctl, variables, signed):
        with Forwarder(variables["admin"]["HALLMARK_URL"]) as forwarder:
            forwarder.open.clear()
            with ctl().terminal("jobs", "list", "--limit", "3", "--url", forwarder.url, piped=True) as terminal:
                terminal.expect("signing jobs: 0")
                forwarder.open.set()
                assert terminal.piped().startswith("JOB ")
                terminal.end(DONE)
            # One that has answered within a second has shown nothing.
            for _ in range(20):
                began = time.monotonic()
                with ctl().terminal("jobs", "list", "--limit", "1", "--url", forwarder.url, piped=True) as terminal:
                    shown = terminal.end(DONE)
                if time.monotonic() - began < 1:
                    break
            assert "signing jobs: " not in shown

    def test_no_progress_elsewhere(self, ctl):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            error = ctl().fails(UNANSWERED, "jobs", "list", "--url", url, "--timeout", "2")
        assert error.startswith("hallmarkctl: ")

    def test_readers_that_go_away(self, ctl, signed):
        """A pipe that nobody reads: as `| head -1` leaves it, but surely before the first word."""
        some = ["jobs", "list", "--limit", "3"]
        for words in (some, [*some, "--output", "json"], ["completions", "bash"]):
            done = unread(ctl(), *words)
            assert (done.returncode, "hallmarkctl:" in done.stderr) == (DONE, False), done

    def test_a_verdict_that_nobody_reads_stands(self, ctl, admin, signer, tmp_path, hallmark):
        profile = new_profile(admin)
        answer = sign(signer, profile["profileName"], payload("sha256:" + os.urandom(32).hex()))
        admin.revoke_signature(jobId=answer["jobId"], reason="a wrong build")
        (tmp_path / "envelope").write_bytes(answer["signature"])
        (tmp_path / "digests").write_text(f"{NOWHERE}\n")
        digests = ["--digests", tmp_path / "digests", "--reason", "a test", "--yes"]
        (tmp_path / "root.pem").write_bytes(hallmark.pki("/root.pem"))
        for status, words in (
            (NO, ["jobs", "status", answer["jobId"]]),
            (NO, ["jobs", "find", NOWHERE]),
            (NO, ["jobs", "revoke", *digests]),
            (NO, ["verify", tmp_path / "envelope", "--root", tmp_path / "root.pem", "--artifact", NOWHERE]),
        ):
            for form in ("table", "json"):
                done = unread(ctl(), *words, "--output", form)
                assert done.returncode == status, (words, done)

    def test_output_that_cannot_be_written(self, ctl):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [HALLMARKCTL, "exit-codes"], env=ctl().environment, stdout=full, stderr=subprocess.PIPE, text=True,
                check=False,
            )  # fmt: skip
        assert done.returncode == 8
        assert "cannot be written" in done.stderr


class TestCompletions:
    def test_bash_takes_them(self, ctl, tmp_path):
        script = tmp_path / "hallmarkctl.bash"
        script.write_text(ctl().well("completions", "bash"))
        question = """
            source "$1"
            COMP_WORDS=(hallmarkctl profiles ''); COMP_CWORD=2
            _hallmarkctl hallmarkctl '' profiles
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        done = subprocess.run(
            ["bash", "--norc", "-euc", question, "bash", script], env=ctl().environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert {"create", "show", "list", "cancel", "revoke"} <= set(done.stdout.split())

    @pytest.mark.parametrize(("shell", "mark"), [("zsh", "#compdef hallmarkctl"), ("fish", "complete -c hallmarkctl")])
    def test_other_shells(self, ctl, tmp_path, shell, mark):
        script = tmp_path / "completions"
        script.write_text(ctl().well("completions", shell))
        assert mark in script.read_text()
        if shutil.which(shell):
            subprocess.run([shell, "-n", script], check=True)
