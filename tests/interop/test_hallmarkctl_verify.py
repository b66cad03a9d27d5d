"""hallmarkctl verify and inspect: layouts and envelopes, good ones and all that can be wrong with them."""

import subprocess
from datetime import UTC, datetime

import pytest

import payload_job
from clients import new_profile, payload
from hallmarkctl import DONE, FORBIDDEN, HALLMARKCTL, NO, UNANSWERED, USAGE, Ctl
from payload_job import ENVELOPES
from raw import Sender
from relay import Relay
from signed_layout import MANIFEST, PROFILES, Signed, outcomes, refusal
from tools import BIN, clean_environment, run_well

@pytest.fixture
def auditor_ctl(tmp_path, variables):
    return Ctl(tmp_path, variables["auditor"])


@pytest.fixture
def root(tmp_path, hallmark):
    file = tmp_path / "root.pem"
    file.write_bytes(hallmark.pki("/root.pem"))
    return file


@pytest.fixture
def signed(tmp_path, variables):
    return Signed(tmp_path / "layout", variables)


@pytest.mark.parametrize("form", ENVELOPES)
@pytest.mark.parametrize("kind", PROFILES)
def test_every_kind_of_signature_verifies(kind, form, admin, signed, root, auditor_ctl):
    profile = new_profile(admin, signingParameters=PROFILES[kind])
    signed.attach(signed.sign(profile, form)["signature"], form)
    words = ["verify", signed.path, "--root", root, "--profile", profile["arn"]]
    offline = outcomes(auditor_ctl.json(*words))
    assert offline.pop("revocation") == "not checked"
    assert set(offline.values()) == {"passed"}, offline
    online = outcomes(auditor_ctl.json(*words, "--online"))
    assert set(online.values()) == {"passed"}, online
    assert {"job", "certificate", "revocation"} <= set(online)
    assert "verified" in auditor_ctl.well(*words)


def test_a_report_is_readable(admin, signed, root, auditor_ctl):
    profile = new_profile(admin, signingParameters=PROFILES["plain"])
    signed.attach(signed.sign(profile)["signature"])
    report = auditor_ctl.well("verify", f"{signed.path}@{signed.digest}", "--root", root)
    assert report.splitlines()[1].split() == ["CHECK", "OUTCOME", "WHY"]
    assert f"it is about {signed.digest}" in report
    assert "name whom you expect with --profile" in report


@pytest.mark.parametrize("online", [[], ["--online"]], ids=["offline", "online"])
def test_another_profile(online, admin, signed, root, auditor_ctl):
    profile, other = (new_profile(admin, signingParameters=PROFILES["plugin"]) for _ in range(2))
    signed.attach(signed.sign(profile)["signature"])
    words = ["verify", signed.path, "--root", root, *online]
    assert refusal(auditor_ctl, *words, "--profile", other["arn"])["signer"] == "failed"
    assert refusal(auditor_ctl, *words, "--profile", profile["arn"] + "/abcdefghij")["signer"] == "failed"
    elsewhere = profile["arn"].replace("us-east-1", "eu-west-1")
    assert refusal(auditor_ctl, *words, "--profile", elsewhere)["signer"] == "failed"
    assert auditor_ctl.json(*words, "--profile", profile["profileVersionArn"])["verified"]


def test_another_root(admin, signed, tmp_path, another_root, auditor_ctl):
    signed.attach(signed.sign(new_profile(admin, signingParameters=PROFILES["plain"]))["signature"])
    file = tmp_path / "other.pem"
    file.write_bytes(another_root)
    assert refusal(auditor_ctl, "verify", signed.path, "--root", file)["authenticity"] == "failed"


@pytest.mark.parametrize("member", ["payload", "protected", "signature"])
def test_tampered(member, admin, signed, root, tampered, registry, auditor_ctl):
    envelope = signed.sign(new_profile(admin, signingParameters=PROFILES["plain"]))["signature"]
    signed.attach(tampered(envelope, member, registry.new_image()))
    checks = refusal(auditor_ctl, "verify", signed.path, "--root", root)
    assert checks.get("integrity", checks.get("envelope")) == "failed", checks


def test_revoked_signature(admin, signed, root, auditor_ctl):
    for kind in PROFILES:
        profile = new_profile(admin, signingParameters=PROFILES[kind])
        answer = signed.sign(profile)
        file = root.parent / f"{kind}.jws"
        file.write_bytes(answer["signature"])
        words = ["verify", file, "--root", root, "--artifact", signed.digest]
        assert auditor_ctl.json(*words, "--online")["verified"]
        admin.revoke_signature(jobId=answer["jobId"], reason="wrong build")
        assert auditor_ctl.json(*words)["verified"], "offline nobody can know"
        assert refusal(auditor_ctl, *words, "--online")["revocation"] == "failed"


def test_revoked_profile(admin, signed, root, auditor_ctl):
    profile = new_profile(admin, signingParameters=PROFILES["plugin"])
    signed.attach(signed.sign(profile)["signature"])
    admin.revoke_signing_profile(
        profileName=profile["profileName"],
        profileVersion=profile["profileVersion"],
        reason="key lost",
        effectiveTime=datetime(2024, 1, 1, tzinfo=UTC),
    )
    assert refusal(auditor_ctl, "verify", signed.path, "--root", root, "--online")["revocation"] == "failed"


def test_one_good_signature_is_enough_and_each_is_reported(admin, signed, root, auditor_ctl):
    profile = new_profile(admin, signingParameters=PROFILES["plain"])
    first, second = (signed.sign(profile) for _ in range(2))
    for answer in (first, second):
        signed.attach(answer["signature"])
    admin.revoke_signature(jobId=first["jobId"], reason="wrong build")
    answer = auditor_ctl.json("verify", signed.path, "--root", root, "--online")
    assert sorted(one["verified"] for one in answer["signatures"]) == [False, True]


def test_an_envelope_needs_an_artifact(admin, signed, root, auditor_ctl):
    file = root.parent / "app.jws"
    file.write_bytes(signed.sign(new_profile(admin, signingParameters=PROFILES["plain"]))["signature"])
    assert "--artifact" in auditor_ctl.fails(NO, "verify", file, "--root", root)
    manifest = root.parent / "manifest.json"
    manifest.write_bytes(MANIFEST)
    assert auditor_ctl.json("verify", file, "--root", root, "--artifact", manifest)["verified"]
    manifest.write_bytes(MANIFEST + b" ")
    assert refusal(auditor_ctl, "verify", file, "--root", root, "--artifact", manifest)["artifact"] == "failed"
    other = "sha256:" + "0" * 64
    assert refusal(auditor_ctl, "verify", file, "--root", root, "--artifact", other)["artifact"] == "failed"


def test_a_signature_of_another_deployment_is_not_on_record(admin, signed, root, instance, variables, auditor_ctl):
    """A service that never made a signature says so, even about one whose every octet is right."""
    other = instance("other").start()
    elsewhere = Ctl(root.parent, other.role("auditor"))
    for kind in ("plugin", "plain"):
        profile = new_profile(admin, signingParameters=PROFILES[kind])
        file = root.parent / f"{kind}.jws"
        file.write_bytes(signed.sign(profile)["signature"])
        words = ["verify", file, "--root", root, "--artifact", signed.digest, "--online"]
        assert auditor_ctl.json(*words)["verified"]
        checks = refusal(elsewhere, *words)
        assert (checks["job"], checks["certificate"]) == ("failed", "failed"), checks


def test_the_service_cannot_be_asked(admin, signed, root, tmp_path, variables, hallmark):
    answer = signed.sign(new_profile(admin, signingParameters=PROFILES["plugin"]))
    signed.attach(answer["signature"])
    nobody = Ctl(tmp_path, variables["auditor"], HALLMARK_URL="http://127.0.0.1:1", HALLMARK_TIMEOUT="1")
    words = ["verify", signed.path, "--root", root]
    assert nobody.json(*words)["verified"], "offline it is not asked"
    assert "could not be asked" in nobody.fails(UNANSWERED, *words, "--online")
    stranger = Ctl(tmp_path, variables["auditor"], AWS_SECRET_ACCESS_KEY="x" * 40)
    assert "could not be asked" in stranger.fails(FORBIDDEN, *words, "--online")
    admin.revoke_signature(jobId=answer["jobId"], reason="a wrong build")
    relay = Relay(hallmark.ports["api"])
    halfway = Ctl(tmp_path, variables["auditor"], HALLMARK_URL=relay.url)
    relay.alter = lambda octets: octets.replace(b" 200 OK", b" 502 Bad Gateway") if b'"payloadDigest"' in octets else octets
    assert refusal(halfway, *words, "--online")["revocation"] == "failed", "what is known to be revoked is no, whatever else"
    relay.stop()


def test_what_oras_copies_is_read(admin, registry, variables, root, auditor_ctl, notation, tmp_path):
    """A real registry's tree, copied by oras with both forms of listing referrers."""
    profile = new_profile(admin, signingParameters=PROFILES["plain"])
    image = registry.new_image()
    content = payload(image.digest, image.size)
    answer = payload_job.sign(Sender(variables["signer"]), profile["profileName"], content)
    registry.attach_signature(image, answer["signature"])
    copy = tmp_path / "copy"
    run_well(
        [BIN / "oras", "cp", "-r", "--from-plain-http", "--to-oci-layout", image.reference, f"{copy}:v1"],
        clean_environment(tmp_path),
    )
    assert auditor_ctl.json("verify", f"{copy}:v1", "--root", root, "--online")["verified"]
    assert "v1" in auditor_ctl.fails(NO, "verify", f"{copy}:v2", "--root", root)


def test_layouts_that_are_not_what_they_list(admin, signed, root, auditor_ctl):
    signed.attach(signed.sign(new_profile(admin, signingParameters=PROFILES["plain"]))["signature"])
    for blob in (signed.path / "blobs" / "sha256").iterdir():
        content = blob.read_bytes()
        if content == MANIFEST or content == b"{}":
            continue
        blob.write_bytes(content[:-1] + b" ")
        assert "has not the digest" in auditor_ctl.fails(USAGE, "verify", signed.path, "--root", root)
        blob.write_bytes(content)
    assert auditor_ctl.json("verify", signed.path, "--root", root)["verified"]


def test_what_is_no_signature(tmp_path, signed, root, auditor_ctl):
    assert "no signature" in auditor_ctl.fails(NO, "verify", signed.path, "--root", root)
    assert "neither" in auditor_ctl.fails(USAGE, "verify", tmp_path / "nothing", "--root", root)
    for content in (b"", b"{}", b"{" * 100_000, b"\xd2\x84", b"\x00" * 10):
        file = tmp_path / "junk"
        file.write_bytes(content)
        assert refusal(auditor_ctl, "verify", file, "--root", root) == {"envelope": "failed"}
        auditor_ctl.fails(NO, "inspect", file)
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    auditor_ctl.fails(NO, "verify", signed.path, "--root", junk)
    auditor_ctl.fails(USAGE, "verify", signed.path, "--root", tmp_path / "absent.pem")


@pytest.mark.parametrize("form", ENVELOPES)
def test_inspect(form, admin, signed, tmp_path, auditor_ctl):
    profile = new_profile(admin, signingParameters=PROFILES["plugin"])
    answer = signed.sign(profile, form)
    file = tmp_path / f"app.{form}"
    file.write_bytes(answer["signature"])
    (said,) = auditor_ctl.json("inspect", file)
    assert said["mediaType"] == ENVELOPES[form]
    assert said["attributes"]["io.hallmark.signingJob"].endswith(answer["jobId"])
    assert said["payload"]["targetArtifact"]["digest"] == signed.digest
    assert len(said["certificates"]) == 3
    facts = auditor_ctl.facts("inspect", file)
    assert facts["plugin"] == "hallmark"
    assert facts["artifact"] == signed.digest


def test_reports_do_not_command_terminals(tmp_path, auditor_ctl):
    """Names of files and what foreign envelopes say are shown, and never obeyed."""
    name = tmp_path / "a\x1b[31mb"
    name.write_bytes(b"{}")
    done = auditor_ctl.run("inspect", name)
    assert done.returncode == NO
    assert "\x1b" not in done.stderr + done.stdout


def test_verify_says_done_by_its_exit_code_alone(admin, signed, root, auditor_ctl):
    signed.attach(signed.sign(new_profile(admin, signingParameters=PROFILES["plain"]))["signature"])
    command = ["verify", signed.path, "--root", root]
    assert auditor_ctl.run(*command).returncode == DONE
    quiet = subprocess.DEVNULL
    done = subprocess.run([HALLMARKCTL, *command], env=auditor_ctl.environment, stdout=quiet, stderr=quiet, check=False)
    assert done.returncode == DONE
