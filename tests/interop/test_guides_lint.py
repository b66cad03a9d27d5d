"""The workflow files and manifests of docs/guides that need a CI or a cluster to run: linted here, by others' linters."""

import jsonschema
import pytest
import yaml

from guide_files import GUIDES, documents, scripts
from tools import BIN, ROOT, TOOLS, clean_environment, run

VENV = TOOLS / "venv" / "bin"
SCHEMAS = yaml.safe_load((ROOT / "tests" / "interop" / "kubernetes-schemas.yaml").read_text())
KUBERNETES = ("kyverno-builtin.yaml", "kyverno-notation-aws.yaml", "ratify.yaml")


def complaints(words, directory) -> str:
    done = run(words, clean_environment(directory))
    assert done.returncode in (0, 1), done
    assert (done.returncode == 0) == (done.stdout.startswith("ok") or not done.stdout), done
    return done.stdout if done.returncode else ""


def of_github(file, directory) -> str:
    """actionlint knows what may stand in a workflow, what its expressions mean, and gives its shell to shellcheck."""
    return complaints([BIN / "actionlint", "-no-color", "-shellcheck", VENV / "shellcheck", "-pyflakes=", file], directory)


def of_gitlab(file, directory) -> str:
    words = [VENV / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", file]
    return complaints(words, directory)


def of_shell(text, directory) -> str:
    file = directory / "script"
    file.write_text(text)
    return complaints([VENV / "shellcheck", "--shell", "bash", "--color=never", file], directory)


def of_kubernetes(text) -> list[str]:
    """What the schemas say of a file's documents."""
    said = []
    for document in documents(text):
        kind = f"{document['apiVersion']} {document['kind']}"
        schema = {
            "type": "object",
            "required": ["apiVersion", "kind", "metadata", "spec"],
            "additionalProperties": False,
            "properties": {
                "apiVersion": {},
                "kind": {},
                "metadata": {"$ref": "#/$defs/metadata"},
                "spec": SCHEMAS[kind],
            },
            "$defs": SCHEMAS["$defs"],
        }
        jsonschema.Draft202012Validator.check_schema(schema)
        errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
        said += [f"{kind} {error.json_path}: {error.message}" for error in errors]
    return said


def spoilt(name, old, new, directory):
    text = (GUIDES / name).read_text()
    assert old in text, old
    file = directory / name
    file.write_text(text.replace(old, new))
    return file


def test_github(tmp_path):
    assert of_github(GUIDES / "github-actions.yml", tmp_path) == ""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("needs: build\n", "needs: biuld\n", 'job "approve" needs job "biuld"'),
        ("runs-on:", "run-on:", 'unexpected key "run-on"'),
        ("outputs.artifacts }}\n    steps", "output.artifacts }}\n    steps", 'property "output" is not defined'),
        ("needs.build.outputs.artifacts", "needs.build.outputs.artefacts", 'property "artefacts" is not defined'),
        ('"$artifact"\n          done\n\n  approve', '"$artifact"\n\n  approve', "SC1"),
        ("contents: read", "contents: reed", '"reed" is invalid'),
        ('"$APPROVAL_PROFILE" "$artifact"', '$APPROVAL_PROFILE "$artifact"', "SC2086"),
    ],
)
def test_github_would_say_so(old, new, complaint, tmp_path):
    assert complaint in of_github(spoilt("github-actions.yml", old, new, tmp_path), tmp_path)


def test_gitlab(tmp_path):
    assert of_gitlab(GUIDES / "gitlab-ci.yml", tmp_path) == ""
    pipeline = yaml.safe_load((GUIDES / "gitlab-ci.yml").read_text())
    assert [pipeline[job]["stage"] for job in scripts("gitlab-ci.yml")] == pipeline["stages"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("allow_failure: false", "allow_failure: perhaps", "allow_failure"),
        ("  script:\n", "  scripts:\n", "'scripts' was unexpected"),
        ("when: manual", "when: manually", "manually"),
        ("dotenv: artifacts.env", "dotnev: artifacts.env", "dotnev"),
    ],
)
def test_gitlab_would_say_so(old, new, complaint, tmp_path):
    assert complaint in of_gitlab(spoilt("gitlab-ci.yml", old, new, tmp_path), tmp_path)


@pytest.mark.parametrize("job", ["build", "approve", "deploy"])
def test_gitlab_shell(job, tmp_path):
    script = scripts("gitlab-ci.yml")[job]
    # Variables that GitLab sets: one from the settings, one from the first job.
    assert of_shell(f': "${{IMAGE?}}" "${{ARTIFACTS?}}"\n{script}\n', tmp_path) == ""
    assert "SC1" in of_shell(script.replace("done", "", 1).replace("'", "", 1), tmp_path)


@pytest.mark.parametrize("name", KUBERNETES)
def test_kubernetes(name):
    assert of_kubernetes((GUIDES / name).read_text()) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("kyverno-builtin.yaml", "tsaCerts:", "tsaCertificates:", "'tsaCertificates' was unexpected"),
        ("kyverno-builtin.yaml", "[Deny]", "[Refuse]", "'Refuse' is not one of"),
        ("kyverno-builtin.yaml", "referrer: {type:", "referrer: {artifactType:", "'type' is a required property"),
        ("kyverno-notation-aws.yaml", "caBundle: |-", "certificate: |-", "'caBundle' is a required property"),
        ("kyverno-notation-aws.yaml", "type: signingAuthority", "type: tsa", "'tsa' is not one of"),
        ("kyverno-notation-aws.yaml", "level: strict", "level: severe", "'severe' is not one of"),
        ("kyverno-notation-aws.yaml", "key: trustPolicy", "key: trustpolicy", "'trustpolicy' is not one of"),
        ("kyverno-notation-aws.yaml", "failurePolicy: Fail", "failurePolicy: Close", "'Close' is not one of"),
        ("kyverno-notation-aws.yaml", "operator: NotEquals", "operator: Isnt", "'Isnt' is not one of"),
        ("ratify.yaml", "trustPolicyDoc:", "trustPolicy:", "'trustPolicyDoc' is a required property"),
        ("ratify.yaml", "signingAuthority:\n", "signingauthority:\n", "'signingauthority' does not match"),
        ("ratify.yaml", "type: rego-policy", "type: config-policy", "'rego-policy' was expected"),
        ("ratify.yaml", "artifactTypes:", "artifactType:", "'artifactTypes' is a required property"),
    ],
)
def test_kubernetes_would_say_so(name, old, new, complaint):
    text = (GUIDES / name).read_text()
    assert old in text, old
    assert complaint in "\n".join(of_kubernetes(text.replace(old, new)))
