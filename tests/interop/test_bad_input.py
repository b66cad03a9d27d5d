"""Input no honest client sends: told what is wrong, never a 5xx, and nothing is stored."""

import base64
import json

import pytest

from clients import PAYLOAD_FORMAT, PLATFORM, new_profile, payload, unique
from raw import Sender

JOB = "01890a5d-ac96-774b-bcce-b302099a8057"
VALIDATION = (400, "ValidationException")
NOT_JSON = (400, "SerializationException")


@pytest.fixture(scope="module")
def profile(admin):
    return new_profile(admin)["profileName"]


def inventory(auditor) -> tuple:
    profiles = auditor.get_paginator("list_signing_profiles").paginate(includeCanceled=True)
    jobs = auditor.get_paginator("list_signing_jobs").paginate()
    return (
        sorted((entry["arn"], entry["status"]) for page in profiles for entry in page["profiles"]),
        sorted((entry["jobId"], entry["isRevoked"]) for page in jobs for entry in page["jobs"]),
    )


@pytest.fixture(autouse=True)
def nothing_is_stored(auditor, profile):
    before = inventory(auditor)
    yield
    assert inventory(auditor) == before


@pytest.fixture
def expect(variables):
    """`expect(role, (status, exception), fragment, method, path, body)`: refused with this reason."""

    def call(role, expected, fragment, *request, **signing):
        status, exception, message = Sender(variables[role]).send(*request, **signing).error()
        assert (status, exception) == expected, message
        assert fragment in message, message

    return call


def put_body(**changes) -> bytes:
    return json.dumps({"platformId": PLATFORM} | changes).encode()


@pytest.mark.parametrize("name", ["a", "a" * 65, "has-hyphen", "has.dot", "has%20space", "%C3%A9t%C3%A9", "x%00y"])
def test_profile_names(expect, name):
    expect("admin", VALIDATION, "profileName", "PUT", f"/signing-profiles/{name}", put_body())


def test_encoded_slash_in_a_profile_name(expect):
    """A path that could mean two resources is refused before anybody reads it."""
    expected = (400, "IncompleteSignatureException")
    expect("admin", expected, "encoded slash", "PUT", "/signing-profiles/x%2Fy", put_body())


PUT_BODIES = {
    "no platform": ({"platformId": None}, "platformId"),
    "unknown platform": ({"platformId": "notation"}, "platformId: 'notation' is not a signing platform"),
    "no material": ({"platformId": "AmazonFreeRTOS-Default"}, "signing material cannot be null."),
    "platform of the wrong type": ({"platformId": 5}, "platformId"),
    "no days": ({"signatureValidityPeriod": {"value": 0, "type": "DAYS"}}, "1 to 4107 DAYS are allowed"),
    "minus": ({"signatureValidityPeriod": {"value": -1, "type": "YEARS"}}, "1 to 11 YEARS are allowed"),
    "too long": ({"signatureValidityPeriod": {"value": 136, "type": "MONTHS"}}, "1 to 135 MONTHS are allowed"),
    "huge": ({"signatureValidityPeriod": {"value": 2**62, "type": "DAYS"}}, "are allowed"),
    "fraction": ({"signatureValidityPeriod": {"value": 1.5, "type": "DAYS"}}, "signatureValidityPeriod"),
    "unknown unit": ({"signatureValidityPeriod": {"value": 1, "type": "WEEKS"}}, "WEEKS"),
    "period as a list": ({"signatureValidityPeriod": [1, "DAYS"]}, "signatureValidityPeriod"),
    "half a period": ({"signatureValidityPeriod": {"value": 1}}, "type"),
    "unknown parameter": ({"signingParameters": {"colour": "red"}}, "colour"),
    "unknown plugin": ({"signingParameters": {"verificationPlugin": "mine"}}, "verificationPlugin"),
    "parameter of the wrong type": ({"signingParameters": {"verificationPlugin": 1}}, "signingParameters"),
    "material": ({"signingMaterial": {"certificateArn": "arn:aws:acm:us-east-1:1:certificate/x"}}, "signingMaterial"),
    "reserved tag": ({"tags": {"aws:x": "y"}}, "tags"),
    "empty tag key": ({"tags": {"": "y"}}, "tags"),
    "long tag value": ({"tags": {"x": "y" * 257}}, "tags"),
    "many tags": ({"tags": {f"k{n}": "v" for n in range(201)}}, "200 tags"),
    "tags as a list": ({"tags": ["a"]}, "tags"),
}


@pytest.mark.parametrize("case", PUT_BODIES)
def test_put_bodies(expect, case):
    changes, fragment = PUT_BODIES[case]
    expect("admin", VALIDATION, fragment, "PUT", f"/signing-profiles/{unique()}", put_body(**changes))


def sign_body(profile, content: bytes | None = None, **changes) -> bytes:
    content = payload() if content is None else content
    members = {
        "profileName": profile,
        "payload": base64.b64encode(content).decode(),
        "payloadFormat": PAYLOAD_FORMAT,
    } | changes
    return json.dumps({key: value for key, value in members.items() if value is not ...}).encode()


def artifact(**changes) -> dict:
    descriptor = {"mediaType": "m/t", "digest": "sha256:" + "ab" * 32, "size": 1} | changes
    return {key: value for key, value in descriptor.items() if value is not ...}


def target(**changes) -> bytes:
    return json.dumps({"targetArtifact": artifact(**changes)}).encode()


LIMIT = "1 to 4096 are allowed"
OBJECT = 'JSON object with the one member "targetArtifact"'
DIGEST = "targetArtifact.digest must be"
SIZE = "targetArtifact.size must be a whole number"
PAYLOADS = {
    "empty": (b"", LIMIT),
    "over 4096 octets": (target(annotations={"x": "y" * 4096}), LIMIT),
    "not JSON": (b"hello", "JSON"),
    "not UTF-8": (b'{"targetArtifact":"\xff"}', "JSON"),
    "cut short": (target()[:-1], "JSON"),
    "trailing": (target() + b"{}", "JSON"),
    "array": (b"[]", OBJECT),
    "no target": (b"{}", OBJECT),
    "beside the target": (json.dumps({"targetArtifact": artifact(), "other": 1}).encode(), 'holds "other"'),
    "duplicate key": (b'{"targetArtifact":{"mediaType":"a","mediaType":"b"}}', "mediaType"),
    "duplicate target": (b'{"targetArtifact":{},"targetArtifact":{}}', "targetArtifact"),
    "unknown member": (target(colour="red"), 'targetArtifact holds "colour"'),
    "no digest": (target(digest=...), "targetArtifact lacks digest"),
    "no size": (target(size=...), "targetArtifact lacks size"),
    "no media type": (target(mediaType=...), "targetArtifact lacks mediaType"),
    "size as text": (target(size="1"), SIZE),
    "negative size": (target(size=-1), SIZE),
    "digest without algorithm": (target(digest="ab" * 32), DIGEST),
    "short digest": (target(digest="sha256:ab"), DIGEST),
    "digest in capitals": (target(digest="sha256:" + "AB" * 32), DIGEST),
}


@pytest.mark.parametrize("case", PAYLOADS)
def test_payloads(expect, profile, case):
    content, fragment = PAYLOADS[case]
    expect("signer", VALIDATION, fragment, "POST", "/signing-jobs/with-payload", sign_body(profile, content))


SIGN_BODIES = {
    "format": ({"payloadFormat": "application/json"}, "payloadFormat"),
    "no format": ({"payloadFormat": ...}, "payloadFormat"),
    "no payload": ({"payload": ...}, "payload"),
    "payload not base64": ({"payload": "%%%"}, "payload"),
    "payload as a number": ({"payload": 5}, "payload"),
    "no profile": ({"profileName": ...}, "profileName"),
    "profile an ARN": ({"profileName": "arn:aws:signer:us-east-1:000000000001:/signing-profiles/x"}, "profileName"),
    "owner": ({"profileOwner": "12345"}, "profileOwner"),
}


@pytest.mark.parametrize("case", SIGN_BODIES)
def test_sign_bodies(expect, profile, case):
    changes, fragment = SIGN_BODIES[case]
    expect("signer", VALIDATION, fragment, "POST", "/signing-jobs/with-payload", sign_body(profile, **changes))


BODIES = {
    "text": (b"hello", "expected value"),
    "cut short": (put_body()[:-1], "EOF"),
    "two documents": (put_body() + b"{}", "trailing"),
    "not UTF-8": (b'{"platformId":"\xff"}', "utf-8"),
    "duplicate key": (b'{"platformId":"a","platformId":"b"}', "twice"),
    "duplicate key, escaped": (b'{"platformId":"a","\\u0070latformId":"b"}', "twice"),
    "deep": (b"[" * 500 + b"]" * 500, "32 levels"),
}


@pytest.mark.parametrize("case", BODIES)
def test_bodies_that_are_not_json(expect, case):
    body, fragment = BODIES[case]
    expect("admin", NOT_JSON, fragment, "PUT", f"/signing-profiles/{unique()}", body)


IN_ORDER = json.dumps([PLATFORM, None, None, None, None, None]).encode()


@pytest.mark.parametrize("body", [b"[]", IN_ORDER, b'"x"', b"5", b"null"])
def test_bodies_that_are_no_object(expect, body):
    """Above all no list of the members' values in some order."""
    expect("admin", VALIDATION, "object", "PUT", f"/signing-profiles/{unique()}", body)


def test_a_list_is_no_order_to_sign(expect, profile):
    body = json.dumps([profile, None, base64.b64encode(payload()).decode(), PAYLOAD_FORMAT]).encode()
    expect("signer", VALIDATION, "object", "POST", "/signing-jobs/with-payload", body)


def test_long_body(expect):
    body = put_body(tags={"x": "y" * 70_000})
    expect("admin", (413, "RequestEntityTooLargeException"), "65536", "PUT", f"/signing-profiles/{unique()}", body)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "*/*"])
def test_media_types(expect, media_type):
    headers = {"Content-Type": media_type}
    expected = (415, "UnsupportedMediaTypeException")
    expect("admin", expected, "application/json", "PUT", f"/signing-profiles/{unique()}", put_body(), headers)


PATHS = {
    "unknown": ("GET", "/nothing-here", 404),
    "root": ("DELETE", "/", 405),
    "deeper": ("GET", "/signing-profiles/abc/def/ghi", 404),
    "trailing slash": ("GET", "/signing-profiles/", 404),
    "doubled slash": ("GET", "//signing-profiles", 404),
    "dots": ("GET", "/signing-jobs/../signing-profiles", 404),
    "PATCH": ("PATCH", "/signing-profiles/abc", 405),
    "POST on a profile": ("POST", "/signing-profiles/abc", 405),
    "DELETE on jobs": ("DELETE", "/signing-jobs", 405),
}


@pytest.mark.parametrize("case", PATHS)
def test_paths(expect, case):
    method, path, status = PATHS[case]
    expect("admin", (status, "UnknownOperationException"), "There is no operation", method, path)


QUERIES = {
    "/signing-profiles?maxResults=0": "maxResults",
    "/signing-profiles?maxResults=26": "maxResults",
    "/signing-profiles?maxResults=-1": "maxResults",
    "/signing-profiles?maxResults=many": "maxResults",
    "/signing-profiles?maxResults=1&maxResults=2": "maxResults",
    "/signing-profiles?maxResults=": "maxResults",
    "/signing-profiles?includeCanceled=yes": "includeCanceled",
    "/signing-profiles?includeCanceled=true&includeCanceled=false": "includeCanceled",
    "/signing-profiles?statuses=Asleep": "statuses",
    "/signing-profiles?platformId=notation": "platformId",
    "/signing-profiles?nextToken=%FF%FE": "nextToken",
    "/signing-profiles?nextToken=forged": "nextToken",
    "/signing-jobs?nextToken=forged": "nextToken",
    "/signing-jobs?status=Done": "status",
    "/signing-jobs?isRevoked=1": "isRevoked",
    "/signing-jobs?signatureExpiresBefore=yesterday": "signatureExpiresBefore",
    "/signing-jobs?jobInvoker=me": "jobInvoker",
    "/signing-jobs?artifactDigest=sha256%3A0123": "artifactDigest",
    "/signing-jobs?maxResults=26": "maxResults",
    "/signing-jobs?requestedBy=a%00b": "character NUL",
    "/signing-platforms?category=a%00b": "character NUL",
    "/signing-jobs/not-a-uuid": "jobId",
    f"/signing-jobs/{JOB.upper()}": "jobId",
    "/signing-profiles/abc?profileOwner=12": "profileOwner",
}


@pytest.mark.parametrize("path", QUERIES)
def test_queries(expect, path):
    expect("auditor", VALIDATION, QUERIES[path], "GET", path)


REVOCATIONS = {
    "no reason": ("/signing-jobs/{job}/revoke", {}, "reason"),
    "empty reason": ("/signing-jobs/{job}/revoke", {"reason": ""}, "reason"),
    "long reason": ("/signing-jobs/{job}/revoke", {"reason": "x" * 501}, "reason"),
    "owner": ("/signing-jobs/{job}/revoke", {"reason": "x", "jobOwner": "me"}, "jobOwner"),
    "no version": ("/signing-profiles/{profile}/revoke", {"reason": "x", "effectiveTime": 1}, "profileVersion"),
    "short version": ("/signing-profiles/{profile}/revoke", {"profileVersion": "abc", "reason": "x", "effectiveTime": 1}, "profileVersion"),
    "no time": ("/signing-profiles/{profile}/revoke", {"profileVersion": "abcdefghij", "reason": "x"}, "effectiveTime"),
    "time as text": ("/signing-profiles/{profile}/revoke", {"profileVersion": "abcdefghij", "reason": "x", "effectiveTime": "now"}, "effectiveTime"),
    "time beyond time": ("/signing-profiles/{profile}/revoke", {"profileVersion": "abcdefghij", "reason": "x", "effectiveTime": 1e300}, "effectiveTime"),
}  # fmt: skip


@pytest.mark.parametrize("case", REVOCATIONS)
def test_revocations(expect, profile, case):
    path, members, fragment = REVOCATIONS[case]
    path = path.format(job=JOB, profile=profile)
    expect("admin", VALIDATION, fragment, "PUT", path, json.dumps(members).encode())
