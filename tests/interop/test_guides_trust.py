"""What the manifests of docs/guides trust, tried with notation: the verifiers that they are for use its library."""

import json

import pytest

from clients import new_profile, payload, sign
from envelope import Envelope
from guide_files import attestors, filled, trust_policies
from tools import run

PROFILES = ("build", "approval")
KINDS = {
    "plain": {"verificationPlugin": "none"},
    "kyverno": {"verificationPlugin": "none", "signingScheme": "notary.x509", "issuer": "profile"},
}


@pytest.fixture
def signed(admin, signer, registry):
    """`signed(kind)`: two profiles of a kind; `(image, profile)` then makes a further signature of an image."""

    def call(kind):
        profiles = {name: new_profile(admin, signingParameters=KINDS[kind]) for name in PROFILES}

        def signed(image, profile):
            answer = sign(signer, profiles[profile]["profileName"], payload(image.digest, image.size))
            registry.attach_signature(image, answer["signature"])
            return answer

        return signed

    return call


@pytest.fixture
def by_subject(notation, hallmark, registry):
    """For each profile that a manifest of trust policies names, notation with that policy and no other."""

    def call(manifest, signed):
        subjects = {name: subject(signed(registry.new_image(), name)) for name in PROFILES}
        root = hallmark.pki("/root.pem")
        policies = trust_policies(filled(manifest, {"the root certificate": root}, subjects))
        return {name: trusting(notation("verifier"), root, policy) for name, policy in policies.items()}

    return call


@pytest.fixture
def by_issuer(notation, hallmark, registry):
    """For each attestor of a manifest of Kyverno's, notation with the trust that Kyverno makes of it."""

    def call(manifest, signed):
        certificates = {"the root certificate": hallmark.pki("/root.pem")}
        for name in PROFILES:
            issuer = Envelope(signed(registry.new_image(), name)["signature"]).chain[1]
            chain = hallmark.pki(f"/chain/{issuer.serial_number:036x}.pem")
            end = b"-----END CERTIFICATE-----\n"
            certificates[f"the issuing certificate of the profile {name}"] = chain.partition(end)[0] + end
        found = attestors(filled(manifest, certificates, {}))
        return {
            name: notation("verifier").trust(
                anchor=anchors["certs"], stamps=anchors["tsaCerts"], kind="ca", identities=["*"]
            )
            for name, anchors in found.items()
        }

    return call


def subject(answer) -> str:
    """The leaf's subject as a trust policy names it, but for the profile's version."""
    names = {"2.5.4.6": "C", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.3": "CN"}
    leaf = Envelope(answer["signature"]).chain[0]
    parts = {names[part.oid.dotted_string]: part.value for part in leaf.subject if part.oid.dotted_string in names}
    return ", ".join(f"{name}={parts[name]}" for name in names.values())


def trusting(user, root, policy):
    """A user of notation with a manifest's trust policy, and the root in the store that it names."""
    user.trust(anchor=root, identities=["*"])
    (store,) = {store for statement in policy["trustPolicies"] for store in statement["trustStores"]}
    kind, name = store.split(":")
    stores = user.config / "truststore" / "x509" / kind
    (stores / "anchors").rename(stores / name)
    file = user.config / "import.json"
    file.write_text(json.dumps(policy))
    done = run(["notation", "policy", "import", "--force", file], user.environment)
    assert done.returncode == 0, done.stderr
    return user


@pytest.mark.parametrize(
    ("manifest", "kind", "way", "reason"),
    [
        ("kyverno-builtin.yaml", "kyverno", "by_issuer", "does not contain any trusted certificate"),
        ("kyverno-notation-aws.yaml", "plain", "by_subject", "does not match the X.509 trusted identities"),
        ("ratify.yaml", "plain", "by_subject", "does not match the X.509 trusted identities"),
    ],
)
def test_each_wants_its_profile(manifest, kind, way, reason, signed, request, registry, admin):
    signed = signed(kind)
    users = request.getfixturevalue(way)(manifest, signed)
    assert set(users) == set(PROFILES)
    image = registry.new_image()
    for user in users.values():
        assert "no signature is associated" in user.verify(image).stderr
    signed(image, "build")
    users["build"].accepts(image)
    users["approval"].rejects(image, reason)
    approval = signed(image, "approval")
    users["build"].accepts(image)
    users["approval"].accepts(image)
    admin.revoke_signature(jobId=approval["jobId"], reason="approved by mistake")
    users["build"].accepts(image)
    users["approval"].rejects(image, "is revoked")
