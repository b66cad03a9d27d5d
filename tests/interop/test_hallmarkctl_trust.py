"""hallmarkctl trust export: what it writes is what the real notation needs, and it never widens what was there."""

import base64
import hashlib
import json

import pytest

import payload_job
from clients import new_profile, payload
from hallmarkctl import NO, USAGE, Ctl
from raw import Sender
from relay import Relay, rewriting
from tools import clean_environment, run_well

PROFILES = {
    "plugin": {"verificationPlugin": "hallmark"},
    "plain": {"verificationPlugin": "none"},
    "kyverno": {"verificationPlugin": "none", "signingScheme": "notary.x509", "issuer": "profile"},
}


@pytest.fixture
def root(tmp_path, hallmark):
    file = tmp_path / "root.pem"
    file.write_bytes(hallmark.pki("/root.pem"))
    return file


@pytest.fixture
def fingerprint(root, tmp_path):
    words = ["openssl", "x509", "-in", root, "-noout", "-fingerprint", "-sha256"]
    return run_well(words, clean_environment(tmp_path)).strip().split("=")[1]


@pytest.fixture
def ctl(tmp_path, variables):
    return Ctl(tmp_path, variables["admin"])


def signed_image(registry, variables, profile, repository=None):
    image = registry.new_image(repository)
    content = payload(image.digest, image.size)
    answer = payload_job.sign(Sender(variables["signer"]), profile["profileName"], content)
    registry.attach_signature(image, answer["signature"])
    return image


def verifier(notation, variables):
    """Somebody who verifies, with what Hallmark's plugin looks for in the environment."""
    user = notation("verifier")
    user.environment |= {key: value for key, value in variables["verifier"].items() if key.startswith("HALLMARK_")}
    user.environment.pop("HTTP_PROXY")
    return user


@pytest.fixture
def export(ctl, fingerprint):
    """`export(user, profile, image, …)`: for this user of notation, for this image's repository."""

    def call(user, profile, image, *more, well=True):
        words = ["trust", "export", "--profile", profile, "--scope", image.repository, "--notation-config",
                 user.config, "--root-fingerprint", fingerprint, *more]  # fmt: skip
        return ctl.json(*words) if well else ctl.run(*words)

    return call


@pytest.mark.parametrize("kind", PROFILES)
@pytest.mark.parametrize("named_by", ["arn", "profileName"])
def test_notation_trusts_what_was_exported(kind, named_by, admin, registry, variables, notation, export):
    profile, other = (new_profile(admin, signingParameters=PROFILES[kind]) for _ in range(2))
    image = signed_image(registry, variables, profile)
    user = verifier(notation, variables)
    exported = export(user, profile[named_by], image)
    assert exported["trustedIdentities"], exported
    run_well(["notation", "verify", image.reference], user.environment)
    foreign = signed_image(registry, variables, other, image.repository)
    user.rejects(foreign)


def test_the_root_is_proven(admin, registry, notation, ctl, fingerprint, root):
    profile = new_profile(admin, signingParameters=PROFILES["plugin"])
    image = registry.new_image()
    user = notation("verifier")
    words = ["trust", "export", "--profile", profile["arn"], "--scope", image.repository,
             "--notation-config", user.config]  # fmt: skip
    unproven = ctl.fails(NO, *words)
    digest = hashlib.sha256(base64.b64decode("".join(root.read_text().splitlines()[1:-1]))).hexdigest()
    assert "--root-fingerprint" in unproven and digest in unproven
    wrong = "00" * 32
    assert "not the one you gave" in ctl.fails(NO, *words, "--root-fingerprint", wrong)
    assert list(user.config.iterdir()) == [], "nothing is written before the root is proven"
    ctl.well(*words, "--root", root)
    ctl.well(*words, "--root", root, "--root-fingerprint", fingerprint.lower().replace(":", ""))


def test_never_everything(admin, registry, notation, ctl, fingerprint):
    profile = new_profile(admin, signingParameters=PROFILES["plugin"])
    user = notation("verifier")
    common = ["--notation-config", user.config, "--root-fingerprint", fingerprint]
    for words in (
        ["--profile", profile["arn"], "--scope", "*"],
        ["--profile", profile["arn"], "--scope", "registry.example.com/*"],
        ["--profile", profile["arn"], "--scope", "registry.example.com"],
        ["--profile", profile["arn"]],
        ["--scope", "registry.example.com/app"],
    ):
        ctl.fails(USAGE, "trust", "export", *words, *common)
    ctl.fails(NO, "trust", "export", "--profile", profile["arn"] + "x", "--scope", "registry.example.com/app", *common)
    everybody = ["--profile", "*", "--scope", "registry.example.com/app"]
    assert "never to all of them" in ctl.fails(USAGE, "trust", "export", *everybody, *common)
    assert list(user.config.iterdir()) == []


def test_what_is_there_is_kept(admin, registry, variables, notation, export):
    one, two = (new_profile(admin, signingParameters=PROFILES["plugin"]) for _ in range(2))
    image, other = signed_image(registry, variables, one), signed_image(registry, variables, two)
    user = verifier(notation, variables)
    policy = user.config / "trustpolicy.json"
    theirs = {
        "name": "theirs",
        "registryScopes": ["registry.example.com/theirs"],
        "signatureVerification": {"level": "audit"},
        "trustStores": ["ca:theirs"],
        "trustedIdentities": ["*"],
    }
    policy.write_text(json.dumps({"version": "1.0", "trustPolicies": [theirs]}))
    policy.chmod(0o600)
    export(user, one["arn"], image)
    export(user, two["arn"], other)
    assert {file["change"] for file in export(user, two["arn"], other)["files"]} == {"kept"}
    document = json.loads(policy.read_text())
    assert document["trustPolicies"][0] == theirs
    assert document["trustPolicies"][1]["trustedIdentities"] == [one["arn"], two["arn"]]
    for reference in (image.reference, other.reference):
        run_well(["notation", "verify", reference], user.environment)


def test_refusals_change_nothing(admin, registry, notation, export):
    profile = new_profile(admin, signingParameters=PROFILES["plugin"])
    plain = new_profile(admin, signingParameters=PROFILES["plain"])
    image = registry.new_image()
    user = notation("verifier")
    policy = user.config / "trustpolicy.json"

    def statement(**changes):
        members = {
            "name": "hallmark",
            "registryScopes": ["registry.example.com/old"],
            "signatureVerification": {"level": "strict"},
            "trustStores": ["signingAuthority:hallmark"],
            "trustedIdentities": [plain["arn"]],
        }
        return json.dumps({"version": "1.0", "trustPolicies": [members | changes]})

    for content, reason in (
        (statement(trustedIdentities=["*"]), "any identity"),
        (statement(signatureVerification={"level": "permissive"}), "strict"),
        (statement(name="other", registryScopes=[image.repository]), "--name other"),
        (statement(registryScopes=["*"]), "every repository"),
        (statement(trustStores=["signingAuthority:hallmark", "ca:old"]), "trusts other roots too (ca:old)"),
        ("{", "no trust policy"),
        ('{"version": "9.9", "trustPolicies": []}', "1.0"),
    ):
        policy.write_text(content)
        done = export(user, profile["arn"], image, well=False)
        assert done.returncode == USAGE, (content, done.stderr)
        assert reason in done.stderr, done.stderr
        assert policy.read_text() == content
        assert [entry.name for entry in user.config.iterdir()] == ["trustpolicy.json"]
    policy.unlink()
    policy.symlink_to(user.config.parent / "elsewhere.json")
    assert "link" in export(user, profile["arn"], image, well=False).stderr
    assert not (user.config.parent / "elsewhere.json").exists()


def test_roots_are_not_mixed(admin, registry, notation, export, root, another_root):
    """Whatever a trust store holds can vouch for all that is trusted by it."""
    profile = new_profile(admin, signingParameters=PROFILES["plain"])
    image = registry.new_image()
    user = notation("verifier")
    store = user.config / "truststore" / "x509" / "signingAuthority" / "hallmark"
    store.mkdir(parents=True)
    (store / "other.pem").write_bytes(another_root)
    done = export(user, profile["arn"], image, well=False)
    assert done.returncode == USAGE and "other.pem" in done.stderr, done.stderr
    assert [entry.name for entry in user.config.iterdir()] == ["truststore"]
    assert [entry.name for entry in store.iterdir()] == ["other.pem"]
    assert export(user, profile["arn"], image, "--name", "ours")["files"]
    (store / "other.pem").unlink()
    # The other kinds of the statement's stores count as well, though this profile needs none of them.
    of_others = user.config / "truststore" / "x509" / "ca" / "ours"
    of_others.mkdir(parents=True)
    (of_others / "other.pem").write_bytes(another_root)
    policy = user.config / "trustpolicy.json"
    document = json.loads(policy.read_text())
    document["trustPolicies"][0]["trustStores"].append("ca:ours")
    policy.write_text(json.dumps(document))
    done = export(user, profile["arn"], image, "--name", "ours", well=False)
    assert done.returncode == USAGE and "other.pem" in done.stderr, done.stderr
    assert json.loads(policy.read_text()) == document
    (store / "other.pem").write_bytes(root.read_bytes())
    assert export(user, profile["arn"], registry.new_image())["files"]


def test_a_profile_is_named_as_it_is(admin, registry, notation, export):
    profile = new_profile(admin, signingParameters=PROFILES["plain"])
    user, image = notation("verifier"), registry.new_image()
    for wrong in (profile["arn"].replace("us-east-1", "eu-west-1"), profile["arn"] + "/abcdefghij"):
        done = export(user, wrong, image, well=False)
        assert done.returncode == USAGE and profile["profileVersionArn"] in done.stderr, done.stderr
    assert list(user.config.iterdir()) == []
    assert export(user, profile["profileVersionArn"], image)["files"]


def test_names_are_those_of_the_profiles_certificates(
    admin, registry, variables, notation, hallmark, root, another_root, tmp_path
):
    """Where issuing CAs have different names, the profile's own certificate says which are its."""
    relay = Relay(hallmark.ports["api"])

    def change(answer):
        for issuer in answer.get("issuers", [])[-1:]:
            issuer["certificate"] = another_root.decode()
        return answer

    relay.alter = rewriting(change)
    ctl = Ctl(tmp_path, variables["admin"], HALLMARK_URL=relay.url)
    new_profile(admin, signingParameters=PROFILES["kyverno"])
    plain, user = new_profile(admin, signingParameters=PROFILES["plain"]), verifier(notation, variables)
    repository = registry.new_image().repository
    words = ["trust", "export", "--profile", plain["arn"], "--scope", repository, "--notation-config", user.config,
             "--root", root]  # fmt: skip
    assert "different names" in ctl.fails(NO, *words)
    assert list(user.config.iterdir()) == []
    image = signed_image(registry, variables, plain, repository)
    ctl.well(*words)
    run_well(["notation", "verify", image.reference], user.environment)
    relay.stop()


def test_one_repository_for_profiles_of_every_kind(admin, registry, variables, notation, export):
    profiles = [new_profile(admin, signingParameters=parameters) for parameters in PROFILES.values()]
    other = new_profile(admin, signingParameters=PROFILES["plugin"])
    repository = registry.new_image().repository
    user = verifier(notation, variables)
    images = [signed_image(registry, variables, profile, repository) for profile in profiles]
    for profile, image in zip(profiles, images, strict=True):
        export(user, profile["arn"], image)
    for image in images:
        run_well(["notation", "verify", image.reference], user.environment)
    user.rejects(signed_image(registry, variables, other, repository))


def test_notation_2_reads_a_policy_of_its_own(admin, registry, notation, export):
    """Where `trustpolicy.oci.json` is there too, both say the same."""
    profile = new_profile(admin, signingParameters=PROFILES["plugin"])
    image = registry.new_image()
    user = notation("verifier")
    empty = json.dumps({"version": "1.0", "trustPolicies": []})
    for name in ("trustpolicy.json", "trustpolicy.oci.json"):
        (user.config / name).write_text(empty)
    export(user, profile["arn"], image)
    one, two = (json.loads((user.config / name).read_text()) for name in ("trustpolicy.json", "trustpolicy.oci.json"))
    assert one == two and one["trustPolicies"][0]["trustedIdentities"] == [profile["arn"]]
