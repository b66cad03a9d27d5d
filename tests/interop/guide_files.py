"""The workflow files and manifests of docs/guides, read for the tests that judge them."""

import re

import yaml

from tools import ROOT

GUIDES = ROOT / "docs" / "guides"
#: What a reader replaces in a manifest: a certificate, and the subject of a profile's certificates.
PLACE = re.compile(r"^( *)-----BEGIN CERTIFICATE-----\n *\((.*)\)\n *-----END CERTIFICATE-----\n", re.MULTILINE)
SUBJECT = "C=US, ST=WA, O=Example, OU=111122223333, CN="


def filled(name: str, certificates: dict[str, bytes], subjects: dict[str, str]) -> str:
    """A manifest as a reader would apply it: with certificates by what stands in their place, and profiles' subjects."""

    def certificate(place: re.Match) -> str:
        lines = certificates[place[2]].decode().splitlines()
        return "".join(f"{place[1]}{line}\n" for line in lines)

    text = PLACE.sub(certificate, (GUIDES / name).read_text())
    for profile, subject in subjects.items():
        text = text.replace(f"{SUBJECT}{profile}", subject)
    assert "(the " not in text and SUBJECT not in text, "something was not filled in"
    return text


def documents(text: str) -> list[dict]:
    return list(yaml.safe_load_all(text))


def trust_policies(text: str) -> dict[str, dict]:
    """notation's trust policy documents that stand in a manifest, by the profile that each trusts."""
    found = {}
    for document in documents(text):
        spec = document["spec"]
        policy = spec.get("parameters", {}).get("trustPolicyDoc") or spec
        if "trustPolicies" in policy:
            found[document["metadata"]["name"]] = {key: policy[key] for key in ("version", "trustPolicies")}
    return found


def attestors(text: str) -> dict[str, dict[str, bytes]]:
    """The anchors of Kyverno's attestors by the profile that each trusts: of signatures, `certs`; of timestamps, `tsaCerts`."""
    (policy,) = documents(text)
    return {
        attestor["name"]: {kind: anchor["value"].encode() for kind, anchor in attestor["notary"].items()}
        for attestor in policy["spec"]["attestors"]
    }


def steps(name: str) -> dict[tuple[str, str], str]:
    """The scripts of a GitHub workflow, by job and step."""
    jobs = yaml.safe_load((GUIDES / name).read_text())["jobs"]
    return {(job, step["name"]): step["run"] for job in jobs for step in jobs[job]["steps"] if "run" in step}


def scripts(name: str) -> dict[str, str]:
    """The scripts of a GitLab pipeline's jobs, each with what runs before it."""
    pipeline = yaml.safe_load((GUIDES / name).read_text())
    before = pipeline["default"]["before_script"]
    jobs = {job: words for job, words in pipeline.items() if isinstance(words, dict) and "script" in words}
    return {job: "\n".join([*before, *words["script"]]) for job, words in jobs.items()}
