"""The OpenAPI document as strangers read it: served as it lies in the repository, kept by every answer, and
browsable without a network."""

import os
import re
import urllib.request
import xml.etree.ElementTree as ElementTree

import botocore.auth
import hypothesis
import jsonschema_rs
import pytest
import requests
import schemathesis
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from schemathesis import GenerationMode

from model import DOCUMENT, document
from raw import Sender
from tools import TOOLS

# What hypothesis keeps between runs does not belong into a checkout.
hypothesis.configuration.set_hypothesis_home_dir(TOOLS / "hypothesis")

EXAMPLES = int(os.environ.get("HALLMARK_OPENAPI_EXAMPLES", "25"))
ROLES = {"SignPayload": "signer", "StartSigningJob": "signer", "GetRevocationStatus": "verifier"}


def unsigned(described: dict) -> dict:
    """The document without its security: what is sent here is always signed, so no header of that is to be varied."""
    for operation in (operation for item in described["paths"].values() for operation in item.values()):
        operation["x-service"] = next(iter(operation.pop("security")[0])).removeprefix("sigv4_")
    return described


schema = schemathesis.openapi.from_dict(unsigned(document()))
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
# A body that breaks its schema by its length is refused for that.
schema.config.checks.negative_data_rejection.expected_statuses = [
    *schema.config.checks.negative_data_rejection.expected_statuses,
    "413",
]


class SigV4(requests.auth.AuthBase):
    """Signs what is about to be sent, as botocore does, for the service that the operation belongs to."""

    def __init__(self, variables, service):
        self.credentials = Credentials(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
        self.signer = botocore.auth.SigV4Auth(self.credentials, service, variables["AWS_REGION"])

    def __call__(self, prepared):
        kept = {name: prepared.headers[name] for name in ("Content-Type", "Idempotency-Key") if name in prepared.headers}
        request = AWSRequest(prepared.method, prepared.url, headers=kept, data=prepared.body or b"")
        self.signer.add_auth(request)
        prepared.headers.update(dict(request.headers.items()))
        return prepared


#: What is in order for a schema may still name nothing that exists, or contradict itself.
BEYOND_SCHEMAS = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")]


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    # The same requests in every run: a failure that comes and goes helps nobody.
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_answers_are_as_documented(case, variables):
    operation = case.operation.definition.raw
    role = variables[ROLES.get(operation["operationId"], "admin")]
    auth = SigV4(role, operation["x-service"])
    case.call_and_validate(base_url=role["HALLMARK_URL"], auth=auth, excluded_checks=BEYOND_SCHEMAS)


def resolved(schema: dict) -> dict:
    return {**schema, "components": document()["components"]}


def examples():
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            name = operation["operationId"]
            for parameter in operation.get("parameters", ()):
                if "example" in parameter:
                    yield pytest.param(parameter, id=f"{name}-{parameter['name']}")
            bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
            for which, body in bodies.items():
                for content in body.get("content", {}).values():
                    if "example" in content:
                        yield pytest.param(content, id=f"{name}-{which}")


@pytest.mark.parametrize("example", list(examples()))
def test_examples_keep_to_their_schemas(example):
    jsonschema_rs.Draft202012Validator(resolved(example["schema"])).validate(example["example"])


def test_everything_has_an_example():
    for item in document()["paths"].values():
        for operation in item.values():
            bodies = [*operation["responses"].values(), *filter(None, [operation.get("requestBody")])]
            described = [content for body in bodies for content in body["content"].values()]
            lacking = [part for part in described + operation.get("parameters", []) if "example" not in part]
            assert described and not lacking, (operation["operationId"], lacking)


@pytest.mark.parametrize("status", [200, 400, 403])
def test_examples_of_sts_are_what_it_answers(variables, status):
    """Its XML has no schema, so the example is held against an answer: the same elements, in the same order."""
    sender, form = Sender(variables["signer"]), {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"Action=GetCallerIdentity&Version=2011-06-15" if status == 200 else b""
    key = "AKIAAAAAAAAAAAAAAAAA" if status == 403 else None
    answer = sender.send("POST", "/", body, form, service="sts", key=key)
    assert answer.status == status
    example = document()["paths"]["/"]["post"]["responses"][str(status)]["content"]["text/xml"]["example"]
    answered, shown = (list(ElementTree.fromstring(text).iter()) for text in (answer.body, example))
    assert [element.tag for element in shown] == [element.tag for element in answered]
    if status != 200:
        said = [[e.text for e in side if e.tag.endswith(("Type", "Code", "Message"))] for side in (shown, answered)]
        assert said[0] == said[1]


def fetch(variables, path: str) -> tuple[int, dict, bytes]:
    with urllib.request.urlopen(variables["admin"]["HALLMARK_URL"] + path, timeout=10) as answer:
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def test_the_document_is_served_as_it_lies_in_the_repository(variables):
    status, headers, body = fetch(variables, "/openapi.json")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert body == DOCUMENT.read_bytes()


def test_the_page_needs_no_network(variables):
    status, headers, page = fetch(variables, "/docs")
    assert status == 200 and headers["content-type"].startswith("text/html")
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["script-src"] == policy["connect-src"] == "'self'"
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.decode())
    assert any(asset.endswith(".js") for asset in assets) and any(asset.endswith(".css") for asset in assets)
    for asset in assets:
        assert not re.match(r"(?:[a-z]+:)?//", asset), asset
        assert fetch(variables, "/docs/" + asset.removeprefix("./"))[0] == 200, asset
    assert "<script>" not in page.decode(), "the policy would not let it run"
    settings = fetch(variables, "/docs/swagger-initializer.js")[2].decode()
    assert '"/openapi.json"' in settings and not re.search(r"https?://", settings)
    assert re.search(r'"supportedSubmitMethods": \[\s*\]|"supportedSubmitMethods": \[\s*""\s*\]', settings), settings
