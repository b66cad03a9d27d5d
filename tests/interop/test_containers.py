"""The container files, read by Docker's own code and without an engine; test_serve.py runs the commands in them."""

import json
import re

import pytest

from composed import COMPOSE
from tools import BIN, ROOT, clean_environment, run

COMPOSE_FILE, DOCKERFILE = ROOT / "docker-compose.yml", ROOT / "Dockerfile"


def complaints(directory, compose=COMPOSE_FILE, dockerfile=DOCKERFILE) -> str:
    """What `docker compose config` and `docker build --check` would say (tests/tools/go/containers)."""
    done = run([BIN / "containers", compose, dockerfile], clean_environment(directory))
    assert (done.returncode == 0) == (done.stderr == ""), done
    return done.stderr


def test_docker_takes_them(tmp_path):
    assert complaints(tmp_path) == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (COMPOSE_FILE, "condition: service_healthy", "condition: service_well", "value must be one of"),
        (COMPOSE_FILE, "postgres: {condition", "postgrez: {condition", "undefined service"),
        (COMPOSE_FILE, "read_only: true", "readonly: true", "not allowed"),
        (COMPOSE_FILE, "image: postgres:17", "image: postgres:$TAG", "TAG"),
        (DOCKERFILE, "USER 10001", "USERR 10001", "unknown instruction"),
        (DOCKERFILE, " AS build", " as build", "FromAsCasing"),
        (DOCKERFILE, "WORKDIR /src", "ENV SIGNING_KEY=x", "SecretsUsedInArgOrEnv"),
        (DOCKERFILE, 'CMD ["serve"]', "CMD serve", "JSONArgsRecommended"),
    ],
)
def test_it_would_say_so(tmp_path, file, old, new, complaint):
    spoilt = tmp_path / file.name
    text = file.read_text()
    assert old in text
    spoilt.write_text(text.replace(old, new))
    files = {"compose": spoilt} if file == COMPOSE_FILE else {"dockerfile": spoilt}
    said = complaints(tmp_path, **files)
    assert complaint in said and str(spoilt) in said, said


def test_container_files_say_what_the_house_needs():
    """What no engine checks here: the order of starting, who runs it, and that no secret stands in the file."""
    after = {name: service.get("depends_on", {}) for name, service in COMPOSE.items()}
    assert after["postgres"]["secrets"]["condition"] == "service_completed_successfully"
    assert after["migrate"]["postgres"]["condition"] == "service_healthy"
    assert after["init"]["migrate"]["condition"] == "service_completed_successfully"
    assert after["hallmark"]["init"]["condition"] == "service_completed_successfully"
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["hallmark"]["ports"])
    assert not any("keys" in volume for volume in COMPOSE["postgres"]["volumes"])
    dockerfile = (ROOT / "Dockerfile").read_text()
    lines = re.sub(r"\\\n\s*", " ", dockerfile).splitlines()
    final = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert any(re.fullmatch(r"USER [1-9]\d*:[1-9]\d*", line) for line in final)
    (health,) = [line for line in final if line.lstrip().startswith("HEALTHCHECK")]
    _, *words = COMPOSE["hallmark"]["healthcheck"]["test"]
    assert json.loads(health[health.index("[") :]) == words
