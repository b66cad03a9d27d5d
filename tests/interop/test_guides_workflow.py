"""The steps of docs/guides/github-actions.yml and gitlab-ci.yml that need no CI: they sign, and refuse to deploy."""

import re
import shutil

import pytest
import yaml

from guide_files import GUIDES, steps
from page import read
from tools import clean_environment, run

PIPELINE = GUIDES / "pipeline.md"
BEFORE = ("## Before you begin", "## Profiles, and who trusts them", "## Build")


@pytest.fixture
def checkout(typist, tmp_path):
    """Where the walk-through stands after its build: nothing is signed. With the trust that the workflows expect."""
    for heading in BEFORE:
        typist.follow(read(PIPELINE, heading))
    directory = tmp_path / "target" / "pipeline"
    shutil.copytree(directory / "trust", directory / "deploy" / "trust")
    done = typist.shell.run('echo "$IMAGE $SBOM $REPORT"; echo "$PROFILES"')
    artifacts, profiles = done.output.splitlines()
    home = tmp_path / "home"
    shutil.copytree(directory / "notation" / "plugins", home / ".config" / "notation" / "plugins")

    def step(script: str, role: str):
        """Runs a step as the runners do, with the key that its environment would hold."""
        arns = {f"{name.upper()}_PROFILE": f"{profiles}/{name}" for name in ("build", "approval")}
        variables = typist.hallmark.role(role) | arns | {"ARTIFACTS": artifacts}
        environment = clean_environment(home) | variables
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", f"cd '{directory}'\n{script}"]
        return run(words, environment)

    return step


def github() -> dict[str, str]:
    scripts = steps("github-actions.yml")
    return {
        "build": scripts["build", "Sign"],
        "approve": scripts["approve", "Sign"],
        "verify": scripts["deploy", "Both signatures, or no deployment"],
    }


def gitlab() -> dict[str, str]:
    pipeline = yaml.safe_load((GUIDES / "gitlab-ci.yml").read_text())
    scripts = {job: pipeline[job]["script"] for job in pipeline["stages"]}
    # What pushed them is left out, so they come from where the later jobs have them.
    build = re.sub(r'in "\$image" .*; do', "in $ARTIFACTS; do", scripts["build"][-1])
    assert "$ARTIFACTS" in build
    return {"build": build, "approve": scripts["approve"][-1], "verify": "\n".join(scripts["deploy"][:-1])}


@pytest.mark.parametrize("workflow", [github, gitlab])
def test_no_deployment_without_both(workflow, checkout):
    scripts = workflow()
    refused = checkout(scripts["verify"], "verifier")
    assert refused.returncode != 0 and "no signature is associated" in refused.stderr
    assert checkout(scripts["build"], "signer").stdout.count("Successfully signed") == 3
    refused = checkout(scripts["verify"], "verifier")
    assert refused.returncode != 0 and "signature verification failed" in refused.stderr
    assert refused.stdout.count("Successfully verified") == 1, "the build's signature is there, the approval's is not"
    assert checkout(scripts["approve"], "signer").stdout.count("Successfully signed") == 3
    deployed = checkout(scripts["verify"], "verifier")
    assert deployed.returncode == 0, deployed.stderr
    assert deployed.stdout.count("Successfully verified") == 6
