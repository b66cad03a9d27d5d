"""boto3, unmodified: tags of signing profiles, whose errors have names of their own."""

import json
import urllib.parse

import pytest

from clients import new_profile, refused, unique
from raw import JSON, Sender

BAD = "BadRequestException"
ABSENT = "NotFoundException"
JOB = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture
def profile(admin):
    return new_profile(admin, tags={"team": "blue"})


def tags(lister, arn: str) -> dict:
    return lister.list_tags_for_resource(resourceArn=arn)["tags"]


def some(count: int, prefix: str = "k") -> dict:
    return {f"{prefix}{number}": "v" for number in range(count)}


class TestLife:
    def test_tags_come_and_go(self, admin, auditor, profile):
        name, arn = profile["profileName"], profile["arn"]
        assert tags(auditor, arn) == {"team": "blue"}
        answer = admin.tag_resource(resourceArn=arn, tags={"team": "red", "cost:center/a.b=c": "a b+c/é", "empty": ""})
        assert set(answer) == {"ResponseMetadata"} and answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        there = {"team": "red", "cost:center/a.b=c": "a b+c/é", "empty": ""}
        assert tags(auditor, arn) == there
        assert auditor.get_signing_profile(profileName=name)["tags"] == there
        answer = admin.untag_resource(resourceArn=arn, tagKeys=["cost:center/a.b=c", "empty", "never-there"])
        assert set(answer) == {"ResponseMetadata"} and answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert tags(auditor, arn) == {"team": "red"}
        admin.untag_resource(resourceArn=arn, tagKeys=["team", "team"])
        assert tags(auditor, arn) == {} == auditor.get_signing_profile(profileName=name)["tags"]

    def test_profiles_do_not_share_tags(self, admin, profile):
        other = new_profile(admin, tags={"team": "green"})
        admin.tag_resource(resourceArn=other["arn"], tags={"x": "y"})
        admin.untag_resource(resourceArn=other["arn"], tagKeys=["team"])
        assert tags(admin, profile["arn"]) == {"team": "blue"}

    @pytest.mark.parametrize("encode", [lambda arn: arn, lambda arn: urllib.parse.quote(arn, safe=""),
                                        lambda arn: urllib.parse.quote(arn), lambda arn: arn.replace("/", "%2f")])  # fmt: skip
    def test_the_arn_with_and_without_escapes(self, variables, admin, profile, encode):
        path = "/tags/" + encode(profile["arn"])
        sender = Sender(variables["admin"])
        answer = sender.send("POST", path, json.dumps({"tags": {"a": "b"}}).encode())
        assert (answer.status, answer.body) == (200, b"{}")
        answer = sender.send("GET", path)
        assert (answer.status, json.loads(answer.body)) == (200, {"tags": {"team": "blue", "a": "b"}})
        answer = sender.send("DELETE", path + "?tagKeys=a&tagKeys=team")
        assert (answer.status, answer.body) == (200, b"{}")
        assert tags(admin, profile["arn"]) == {}

    def test_a_revoked_profile_keeps_its_tags_open(self, admin, profile):
        version = {"profileName": profile["profileName"], "profileVersion": profile["profileVersion"]}
        admin.revoke_signing_profile(**version, reason="test", effectiveTime=1_700_000_000)
        admin.tag_resource(resourceArn=profile["arn"], tags={"incident": "7"})
        assert tags(admin, profile["arn"]) == {"team": "blue", "incident": "7"}


class TestRefusals:
    def test_canceled_profiles_keep_their_tags(self, admin, auditor, profile):
        arn = profile["arn"]
        admin.cancel_signing_profile(profileName=profile["profileName"])
        with refused(BAD) as refusal:
            admin.tag_resource(resourceArn=arn, tags={"a": "b"})
        assert "canceled" in refusal.message
        with refused(BAD) as refusal:
            admin.untag_resource(resourceArn=arn, tagKeys=["team"])
        assert "canceled" in refusal.message
        assert tags(auditor, arn) == {"team": "blue"}

    def test_unknown_profile(self, admin, profile):
        arn = profile["arn"].replace(profile["profileName"], unique("nobody"))
        elsewhere = profile["arn"].replace(":us-", ":eu-")
        assert elsewhere != profile["arn"]
        for arn in (arn, elsewhere):
            for attempt in calls(admin, arn):
                with refused(ABSENT) as refusal:
                    attempt()
                assert "does not exist" in refusal.message

    def test_another_account(self, admin, profile):
        """Absent and forbidden answer identically."""
        account = profile["arn"].split(":")[4]
        for attempt in calls(admin, profile["arn"].replace(account, "999999999999")):
            with refused("AccessDeniedException"):
                attempt()

    def test_only_profiles_have_tags(self, admin, profile):
        base = profile["arn"].split("/")[0]
        for arn in (profile["profileVersionArn"], f"{base}/signing-jobs/{JOB}", "arn:aws:s3:::bucket", "x",
                    profile["arn"] + "/", profile["arn"].replace("/", "%2F"), profile["profileName"]):  # fmt: skip
            for attempt in calls(admin, arn):
                with refused(BAD) as refusal:
                    attempt()
                assert "is not an ARN of a signing profile" in refusal.message

    @pytest.mark.parametrize("wrong, reason", [
        ({"aws:x": "y"}, "tag key"), ({"a b": "y"}, "tag key"), ({"k" * 129: "y"}, "tag key"),
        ({"x": "y" * 257}, "tag value"), ({}, "at least one"), (some(201), "200 tags"),
        (some(50), "at most 50"),
    ])  # fmt: skip
    def test_tags(self, admin, profile, wrong, reason):
        with refused(BAD) as refusal:
            admin.tag_resource(resourceArn=profile["arn"], tags=wrong)
        assert reason in refusal.message
        assert tags(admin, profile["arn"]) == {"team": "blue"}

    @pytest.mark.parametrize("wrong, reason", [
        (["aws:x"], "tag key"), (["x"] * 201, "1 to 200"), (["é"], "tag key"),
    ])  # fmt: skip
    def test_tag_keys(self, admin, profile, wrong, reason):
        with refused(BAD) as refusal:
            admin.untag_resource(resourceArn=profile["arn"], tagKeys=wrong)
        assert reason in refusal.message
        assert tags(admin, profile["arn"]) == {"team": "blue"}

    def test_fifty_tags_and_no_more(self, admin, profile):
        arn = profile["arn"]
        admin.tag_resource(resourceArn=arn, tags=some(49))
        admin.tag_resource(resourceArn=arn, tags=some(49) | {"team": "red"})
        with refused(BAD) as refusal:
            admin.tag_resource(resourceArn=arn, tags={"k0": "changed", "one-more": "v"})
        assert "at most 50" in refusal.message
        assert tags(admin, arn) == some(49) | {"team": "red"}
        admin.untag_resource(resourceArn=arn, tagKeys=["team"])
        admin.tag_resource(resourceArn=arn, tags={"one-more": "v"})
        with refused("ValidationException") as refusal:
            new_profile(admin, tags=some(51))
        assert "at most 50" in refusal.message
        assert len(tags(admin, new_profile(admin, tags=some(50))["arn"])) == 50

    @pytest.mark.parametrize("method, rest, body, expected", [
        ("POST", "", b"{}", (400, BAD)), ("POST", "", b"", (400, BAD)), ("POST", "", b'{"tags":[]}', (400, BAD)),
        ("POST", "", b'{"tags":{"a":1}}', (400, BAD)), ("POST", "", b'{"tags":{"":"y"}}', (400, BAD)),
        ("POST", "", b"[]", (400, BAD)),
        ("POST", "", b'{"tags":{"a":"b","a":"c"}}', (400, "SerializationException")),
        ("POST", "", b"{", (400, "SerializationException")),
        ("POST", "", b'{"tags":{"a":"\\u0000"}}', (400, "SerializationException")), ("GET", "%00", b"", (400, BAD)),
        ("DELETE", "", b"", (400, BAD)),
        ("DELETE", "?tagKeys=", b"", (400, BAD)), ("PUT", "", b"{}", (405, "UnknownOperationException")),
        ("GET", "%FF", b"", (400, BAD)), ("GET", "%252Fx", b"", (400, BAD)),
    ])  # fmt: skip
    def test_malformed_requests(self, variables, admin, profile, method, rest, body, expected):
        path = "/tags/" + urllib.parse.quote(profile["arn"], safe="") + rest
        answer = Sender(variables["admin"]).send(method, path, body, JSON if body else None)
        assert answer.error()[:2] == expected
        assert tags(admin, profile["arn"]) == {"team": "blue"}

    def test_no_arn(self, variables):
        answer = Sender(variables["admin"]).send("GET", "/tags/")
        assert answer.error()[:2] == (404, "UnknownOperationException")


def calls(client, arn: str) -> list:
    return [
        lambda: client.list_tags_for_resource(resourceArn=arn),
        lambda: client.tag_resource(resourceArn=arn, tags={"a": "b"}),
        lambda: client.untag_resource(resourceArn=arn, tagKeys=["a"]),
    ]
