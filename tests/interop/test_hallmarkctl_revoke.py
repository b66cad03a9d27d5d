"""hallmarkctl: what destroys trust shows what it will affect, and asks."""

import pytest

from clients import client, new_profile, sign
from envelope import Envelope
from hallmark_operations import Operations
from hallmarkctl import DONE, NO, REFUSED, UNCONFIRMED, USAGE, Ctl

REASON = ("--reason", "the build host was compromised")
PLUGIN = {"verificationPlugin": "hallmark"}


@pytest.fixture
def ctl(tmp_path, variables):
    return Ctl(tmp_path, variables["admin"])


@pytest.fixture
def profile(admin, signer):
    """A profile with a signature, its job, and its certificate's serial number."""
    made = new_profile(admin, signingParameters=PLUGIN)
    return {**made, "job": sign(signer, made["profileName"])["jobId"]}


class Cancel:
    """Each command that destroys trust: how it is called, and whether it was carried out."""

    def __init__(self, admin, variables, profile):
        self.words = ("profiles", "cancel", profile["profileName"])
        self.question = f"Cancel the signing profile {profile['profileName']}?"
        self.done = lambda: admin.get_signing_profile(profileName=profile["profileName"])["status"] == "Canceled"


class RevokeProfile:
    def __init__(self, admin, variables, profile):
        self.words = ("profiles", "revoke", profile["profileName"], "--effective-time", "2020-01-01T00:00:00Z", *REASON)
        self.question = f"Revoke the signing profile {profile['profileName']} and 1 signature?"
        self.done = lambda: admin.get_signing_profile(profileName=profile["profileName"])["status"] == "Revoked"


class RevokeJob:
    def __init__(self, admin, variables, profile):
        self.words = ("jobs", "revoke", profile["job"], *REASON)
        self.question = f"Revoke the signature of the job {profile['job']}?"
        self.done = lambda: "revocationRecord" in admin.describe_signing_job(jobId=profile["job"])


class RevokeCertificate:
    def __init__(self, admin, variables, profile):
        operations = Operations(variables["admin"])
        serial = operations.serial_number(profile)
        self.words = ("certificates", "revoke", serial, *REASON)
        self.question = f"Revoke the certificate {serial}?"
        self.done = lambda: operations.certificates(profileName=profile["profileName"])[0]["isRevoked"]


@pytest.fixture(params=[Cancel, RevokeProfile, RevokeJob, RevokeCertificate])
def act(request, admin, variables, profile):
    return request.param(admin, variables, profile)


class TestQuestions:
    """The same for each of them."""

    @pytest.mark.parametrize("answer", ["yes", "y", "YES"])
    def test_yes(self, ctl, act, profile, answer):
        with ctl.terminal(*act.words) as terminal:
            terminal.expect(act.question)
            assert profile["job"] in terminal.seen, "what will be affected is shown first"
            assert not act.done()
            terminal.type(f"{answer}\n").end(DONE)
        assert act.done()

    @pytest.mark.parametrize("answer", ["no\n", "\n", "yess\n", "\x04"])
    def test_no(self, ctl, act, answer):
        with ctl.terminal(*act.words) as terminal:
            terminal.expect(act.question)
            assert "nothing was changed" in terminal.type(answer).end(UNCONFIRMED)
        assert not act.done()

    def test_nobody_to_ask(self, ctl, act, profile):
        error = ctl.fails(UNCONFIRMED, *act.words, stdin="yes\n")
        assert act.question in error
        assert profile["job"] in error
        assert "next: --yes goes ahead without asking" in error
        assert not act.done()

    def test_yes_unasked(self, ctl, act, profile):
        done = ctl.run(*act.words, "--yes")
        assert done.returncode == DONE, done.stderr
        assert profile["job"] in done.stderr, "what was affected is shown all the same"
        assert act.question not in done.stderr
        assert act.done()

    def test_scripts_get_what_the_service_answers(self, ctl, act):
        assert ctl.json(*act.words, "--yes") == {}
        assert act.done()

    def test_whoever_may_not(self, tmp_path, variables, act):
        error = Ctl(tmp_path, variables["auditor"]).fails(3, *act.words, "--yes")
        assert "role SecurityAdmin" in error
        assert not act.done()


def test_a_question_is_for_people(ctl, profile, admin):
    """The answer goes into a pipe; the question does not."""
    words = ("profiles", "cancel", profile["profileName"], "--output", "json")
    with ctl.terminal(*words, piped=True) as terminal:
        terminal.expect("Cancel the signing profile").type("yes\n")
        assert terminal.piped() == "{}\n"
        terminal.end(DONE)


class TestCancel:
    def test_again(self, ctl, profile):
        ctl.well("profiles", "cancel", profile["profileName"], "--yes")
        assert "is canceled already" in ctl.well("profiles", "cancel", profile["profileName"])

    def test_revoked(self, ctl, profile):
        ctl.well("profiles", "revoke", profile["profileName"], "--effective-time", "now", *REASON, "--yes")
        assert "is revoked" in ctl.fails(REFUSED, "profiles", "cancel", profile["profileName"], "--yes")


class TestRevokeProfile:
    def test_now_spares_what_was_signed(self, ctl, profile, admin, signer):
        """A signature's time is cut off to whole seconds, an effective time goes up to them."""
        name = profile["profileName"]
        done = ctl.run("profiles", "revoke", name, "--effective-time", "now", *REASON, "--yes")
        assert f"{profile['profileVersion']}, the current one" in done.stderr
        assert "0 signatures" in done.stderr
        record = admin.get_signing_profile(profileName=name)["revocationRecord"]
        effective = record["revocationEffectiveFrom"].strftime("%Y-%m-%dT%H:%M:%SZ")
        assert f"at or after {effective}" in done.stderr, "what is shown is what was done"
        assert f"from {effective} on" in done.stdout
        assert "revocationRecord" not in admin.describe_signing_job(jobId=profile["job"])

    def test_what_is_shown_is_what_is_revoked(self, ctl, profile, admin, signer):
        signing_time = admin.describe_signing_job(jobId=profile["job"])["createdAt"]
        effective = signing_time.strftime("%Y-%m-%dT%H:%M:%SZ")
        words = ("profiles", "revoke", profile["profileName"], "--effective-time", effective, *REASON)
        done = ctl.run(*words, "--yes")
        assert "1 signature, neither revoked nor expired" in done.stderr
        assert profile["job"] in done.stderr
        assert admin.describe_signing_job(jobId=profile["job"])["revocationRecord"]["reason"] == REASON[1]
        assert "from" in ctl.run(*words).stderr.split("revoked already", 1)[1]

    def test_never_later(self, ctl, profile):
        words = ("profiles", "revoke", profile["profileName"], *REASON, "--yes", "--effective-time")
        ctl.well(*words, "2020-01-01T00:00:00Z")
        assert "can only be moved earlier" in ctl.fails(REFUSED, *words, "2021-01-01T00:00:00Z")
        ctl.well(*words, "2019-01-01T00:00:00Z")

    def test_another_version(self, ctl, profile):
        words = ("profiles", "revoke", profile["profileName"], "--version", "aaaaaaaaaa", "--effective-time", "now")
        assert "Version aaaaaaaaaa does not exist" in ctl.fails(NO, *words, *REASON, "--yes")

    def test_the_future(self, ctl, profile):
        words = ("profiles", "revoke", profile["profileName"], "--effective-time", "2999-01-01T00:00:00Z")
        assert "clock" in ctl.fails(REFUSED, *words, *REASON, "--yes")

    def test_why_and_since_when(self, ctl, profile):
        assert "--reason" in ctl.fails(USAGE, "profiles", "revoke", profile["profileName"], "--effective-time", "now")
        assert "--effective-time" in ctl.fails(USAGE, "profiles", "revoke", profile["profileName"], *REASON)


class TestRevokeJob:
    def test_again(self, ctl, profile):
        ctl.well("jobs", "revoke", profile["job"], *REASON, "--yes")
        assert "is revoked already" in ctl.well("jobs", "revoke", profile["job"], *REASON)

    def test_one_or_many(self, ctl, profile, tmp_path):
        assert "required" in ctl.fails(USAGE, "jobs", "revoke", *REASON)
        ctl.fails(USAGE, "jobs", "revoke", profile["job"], "--digests", tmp_path, *REASON)


class TestRevokeCertificate:
    def test_issuer(self, ctl, admin, signer, variables):
        """Everything below it is counted; the issuing CA is a profile's own."""
        parameters = {"verificationPlugin": "none", "signingScheme": "notary.x509", "issuer": "profile"}
        profile = new_profile(admin, signingParameters=parameters)
        envelopes = [Envelope(sign(signer, profile["profileName"])["signature"]) for _ in range(6)]
        issuer = Operations(variables["admin"]).chain(
            Operations(variables["admin"]).serial_number(profile)
        )[1]  # fmt: skip
        assert issuer == envelopes[0].chain[1]
        digits = f"{issuer.serial_number:x}"
        serial = digits.zfill(len(digits) + len(digits) % 2)
        words = ("certificates", "revoke", serial, *REASON, "--reason-code", "key-compromise")
        error = ctl.fails(UNCONFIRMED, *words)
        count = len(ctl.json("certificates", "list", "--issuer", serial)["certificates"])
        assert count >= 6
        assert f"every certificate below it is revoked: {count}." in error
        ctl.well(*words, "--yes")
        assert ctl.json("certificates", "show", serial)["isRevoked"]

    def test_effective_time(self, ctl, profile, variables):
        serial = Operations(variables["admin"]).serial_number(profile)
        done = ctl.run("certificates", "revoke", serial, "--effective-time", "now", *REASON, "--yes")
        assert (done.returncode, "0 signatures" in done.stderr) == (DONE, True), done.stderr
        assert client(variables["admin"]).describe_signing_job(jobId=profile["job"]).get("revocationRecord") is None
