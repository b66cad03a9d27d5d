"""Presigned requests: made by botocore and the AWS CLI, fetched by clients that know nothing of AWS."""

import base64
import json
import re
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from datetime import timedelta

import pytest
from botocore.awsrequest import AWSRequest

from clients import PAYLOAD_FORMAT, PLATFORM, client, new_profile, payload, sign, unique
from envelope import Envelope
from presigned import Presigner, target, without
from raw import JSON, Sender
from tools import clean_environment, run_well

INVALID = (403, "InvalidSignatureException")
INCOMPLETE = (400, "IncompleteSignatureException")
UNKNOWN = (403, "UnrecognizedClientException")


@pytest.fixture(scope="module")
def admin_url(variables):
    return Presigner(variables["admin"])


@pytest.fixture(scope="module")
def profile(admin):
    return new_profile(admin)


def refused(answer, expected, fragment):
    status, exception, message = answer.error()
    assert (status, exception) == expected, message
    assert fragment in message, message


def shown(answer) -> dict:
    assert answer.status == 200, answer
    return json.loads(answer.body)


class TestOperations:
    def test_a_profile(self, admin_url, profile):
        request = admin_url.presigned("GET", f"/signing-profiles/{profile['profileName']}")
        assert not request.headers, "nothing but the URL is needed"
        with urllib.request.urlopen(request.url) as answer:
            assert json.load(answer)["profileVersionArn"] == profile["profileVersionArn"]

    def test_jobs(self, variables, signer, profile):
        job = sign(signer, profile["profileName"])["jobId"]
        query = urllib.parse.urlencode({"maxResults": 25, "platformId": PLATFORM, "isRevoked": "false"})
        listed = shown(Presigner(variables["auditor"]).fetch("GET", f"/signing-jobs?{query}"))
        assert job in {entry["jobId"] for entry in listed["jobs"]}

    @pytest.mark.parametrize("prefix", ["", "data-", "verification."])
    def test_a_prefixed_host(self, variables, signer, profile, prefix):
        """The host is part of what is signed, whichever of its names it is."""
        envelope = Envelope(sign(signer, profile["profileName"])["signature"])
        question = envelope.question()
        question["signatureTimestamp"] = question["signatureTimestamp"].strftime("%Y-%m-%dT%H:%M:%SZ")
        query = urllib.parse.urlencode(question, doseq=True, quote_via=urllib.parse.quote)
        presigner = Presigner(variables["verifier"])
        host = prefix + urllib.parse.urlsplit(presigner.url).netloc
        request = presigner.presigned("GET", f"/revocations?{query}", headers={"Host": host})
        assert request.url.count("certificateHashes=") == len(envelope.chain)
        assert shown(presigner.transmit(request))["revokedEntities"] == []
        if prefix:
            refused(presigner.transmit(request, drop={"host"}), INVALID, "does not match")

    def test_with_a_body(self, admin_url, variables):
        name, body = unique(), json.dumps({"platformId": PLATFORM, "tags": {"a": "b"}}).encode()
        request = admin_url.presigned("PUT", f"/signing-profiles/{name}", body, JSON)
        assert "X-Amz-SignedHeaders=content-type%3Bhost" in request.url
        refused(admin_url.transmit(request, body=body + b" "), INVALID, "does not match")
        refused(admin_url.transmit(request, body=b""), INVALID, "does not match")
        refused(admin_url.transmit(request, drop={"content-type"}), INVALID, "content-type")
        assert shown(admin_url.transmit(request))["arn"].endswith(f"/{name}")

        signing = {"profileName": name, "payloadFormat": PAYLOAD_FORMAT, "payload": base64.b64encode(payload()).decode()}
        answer = Presigner(variables["signer"]).fetch(
            "POST", "/signing-jobs/with-payload", json.dumps(signing).encode(), JSON
        )
        Envelope(base64.b64decode(shown(answer)["signature"])).check_signature()

    def test_without_a_body(self, admin_url, admin):
        profile = new_profile(admin, tags={"a": "b", "c": "d", "e": "f"})
        path = "/tags/" + urllib.parse.quote(profile["arn"], safe="")
        assert shown(admin_url.fetch("DELETE", path + "?tagKeys=a&tagKeys=e")) == {}
        assert admin.list_tags_for_resource(resourceArn=profile["arn"])["tags"] == {"c": "d"}
        assert shown(admin_url.fetch("DELETE", f"/signing-profiles/{profile['profileName']}")) == {}
        assert admin.get_signing_profile(profileName=profile["profileName"])["status"] == "Canceled"

    def test_urls_that_boto3_generates(self, admin, profile):
        url = admin.generate_presigned_url("get_signing_profile", {"profileName": profile["profileName"]})
        with urllib.request.urlopen(url) as answer:
            assert json.load(answer)["status"] == "Active"
        url = admin.generate_presigned_url("list_tags_for_resource", {"resourceArn": profile["arn"]}, ExpiresIn=60)
        with urllib.request.urlopen(url) as answer:
            assert json.load(answer) == {"tags": {}}
        name = new_profile(admin)["profileName"]
        url = admin.generate_presigned_url("cancel_signing_profile", {"profileName": name})
        with urllib.request.urlopen(urllib.request.Request(url, method="DELETE")) as answer:
            assert answer.status == 200
        assert admin.get_signing_profile(profileName=name)["status"] == "Canceled"


class TestLifetime:
    @pytest.mark.parametrize("minutes, seconds", [(2, 1), (-10, 3600), (-6 * 24 * 60, 604_800), (4, 604_800)])
    def test_good(self, admin_url, minutes, seconds):
        """Far longer than a header's five minutes; a lifetime of one second begins in two minutes, so it lasts."""
        answer = admin_url.fetch("GET", "/signing-platforms", expires=seconds, skew=timedelta(minutes=minutes))
        assert answer.status == 200, answer

    @pytest.mark.parametrize(
        "minutes, seconds, reason",
        [
            (-10, 60, "the presigned request was valid until"),
            (-2, 1, "the presigned request was valid until"),
            (-8 * 24 * 60, 604_800, "the presigned request was valid until"),
            (6, 300, "Signature not yet current"),
        ],
    )
    def test_over_or_not_begun(self, admin_url, minutes, seconds, reason):
        answer = admin_url.fetch("GET", "/signing-platforms", expires=seconds, skew=timedelta(minutes=minutes))
        refused(answer, INVALID, reason)

    @pytest.mark.parametrize("seconds", [0, 604_801, -1, "x", "", "1.5", "+60", "6e1", 2**64 + 60, " 60"])
    def test_no_lifetime(self, admin_url, seconds):
        answer = admin_url.fetch("GET", "/signing-platforms", expires=seconds)
        refused(answer, INCOMPLETE, "X-Amz-Expires must be a number of seconds between 1 and 604800")


class TestAltered:
    @pytest.fixture
    def request_(self, admin_url):
        return admin_url.presigned("GET", "/signing-profiles?maxResults=1&statuses=Active&statuses=Canceled")

    def test_as_it_was(self, admin_url, request_):
        assert admin_url.transmit(request_).status == 200
        assert admin_url.transmit(request_).status == 200, "until it expires it is as good again"

    @pytest.mark.parametrize(
        "old, new",
        [
            ("maxResults=1", "maxResults=2"), ("maxResults=1&", ""), ("maxResults", "maxresults"),
            ("statuses=Active", "statuses=Revoked"), ("statuses=Active&", ""), ("?", "?includeCanceled=true&"),
            ("?", "?x=y&"), ("X-Amz-Expires=300", "X-Amz-Expires=301"), ("/signing-profiles", "/signing-jobs"),
        ],
    )  # fmt: skip
    def test_a_part_that_is_signed(self, admin_url, request_, old, new):
        altered = target(request_).replace(old, new, 1)
        assert altered != target(request_)
        refused(admin_url.transmit(request_, path=altered), INVALID, "does not match")

    def test_the_signature(self, admin_url, request_):
        path, signature = target(request_).rsplit("=", 1)
        for place in range(len(signature)):
            other = "0" if signature[place] != "0" else "1"
            edited = f"{path}={signature[:place]}{other}{signature[place + 1:]}"
            refused(admin_url.transmit(request_, path=edited), INVALID, "does not match")
        for wrong in (signature.upper(), signature[:-1], signature + "0", "", "x" * 64):
            if wrong != signature:
                answer = admin_url.transmit(request_, path=f"{path}={wrong}")
                refused(answer, INCOMPLETE, "Signature must be 64 lower-case hexadecimal digits")

    def test_another_method_or_body(self, admin_url, request_):
        refused(admin_url.transmit(request_, body=b"{}"), INVALID, "does not match")
        request = admin_url.presigned("GET", f"/signing-profiles/{unique()}")
        refused(admin_url.transmit(request, method="DELETE"), INVALID, "does not match")

    def test_another_host(self, admin_url, request_):
        request_.headers["Host"] = "data-" + urllib.parse.urlsplit(admin_url.url).netloc
        refused(admin_url.transmit(request_), INVALID, "does not match")

    @pytest.mark.parametrize("name", ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"])
    def test_a_parameter_is_missing_or_stands_twice(self, admin_url, request_, name):
        name = f"X-Amz-{name}"
        refused(admin_url.transmit(request_, path=without(request_, name)), INCOMPLETE, name)
        (pair,) = re.findall(f"{name}=[^&]*", target(request_))
        for twice in (pair, pair.replace(name, name.lower()), f"{name}=x"):
            refused(admin_url.transmit(request_, path=f"{target(request_)}&{twice}"), INCOMPLETE, name)

    @pytest.mark.parametrize(
        "old, new, expected, reason",
        [
            ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", INCOMPLETE, "AWS4-HMAC-SHA256"),
            ("AWS4-HMAC-SHA256", "aws4-hmac-sha256", INCOMPLETE, "AWS4-HMAC-SHA256"),
            ("%2Fsigner%2F", "%2Fsts%2F", INVALID, "service: 'signer'"),
            ("%2Faws4_request", "%2Faws5_request", INVALID, "aws4_request"),
            ("%2Faws4_request", "", INCOMPLETE, "5 slash-delimited elements"),
            ("SignedHeaders=host", "SignedHeaders=", INCOMPLETE, "SignedHeaders"),
            ("SignedHeaders=host", "SignedHeaders=accept-encoding", INVALID, "Host"),
            ("SignedHeaders=host", "SignedHeaders=host%3Bx-absent", INVALID, "x-absent"),
            ("&X-Amz-Signature", "&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Signature", INVALID, "payload"),
        ],
    )
    def test_another_claim(self, admin_url, request_, old, new, expected, reason):
        altered = target(request_).replace(old, new, 1)
        assert altered != target(request_)
        refused(admin_url.transmit(request_, path=altered), expected, reason)


class TestTwoForms:
    """Exactly one form of credentials per request, even where each would do alone."""

    def test_header_and_query(self, admin_url):
        path = "/signing-platforms"
        in_query, in_header = admin_url.presigned("GET", path), admin_url.signed("GET", path)
        in_query.headers["Authorization"] = in_header.headers["Authorization"]
        in_query.headers["X-Amz-Date"] = in_header.headers["X-Amz-Date"]
        refused(admin_url.transmit(in_query), INCOMPLETE, "more than one form of credentials")
        in_header = admin_url.signed("GET", target(admin_url.presigned("GET", path)))
        refused(admin_url.transmit(in_header), INCOMPLETE, "more than one form of credentials")

    @pytest.mark.parametrize("header", ["Bearer x", "Basic eDp5", ""])
    def test_another_scheme(self, admin_url, header):
        request = admin_url.presigned("GET", "/signing-platforms")
        request.headers["Authorization"] = header
        refused(admin_url.transmit(request), INCOMPLETE, "more than one form of credentials")

    @pytest.mark.parametrize("header", ["X-Amz-Date", "X-Amz-Security-Token"])
    def test_half_of_a_header_form(self, admin_url, header):
        request = admin_url.presigned("GET", "/signing-platforms", headers={header: "20260101T000000Z"})
        refused(admin_url.transmit(request), INCOMPLETE, "more than one form of credentials")


class TestSessionTokens:
    """There are no sessions yet: whoever shows a token is nobody, however well it is signed."""

    REASON = "security token"

    def test_in_the_query(self, admin_url):
        request = admin_url.presigned("GET", "/signing-platforms", token="a/token+of=theirs")
        assert "X-Amz-Security-Token=a%2Ftoken%2Bof%3Dtheirs" in request.url
        refused(admin_url.transmit(request), UNKNOWN, self.REASON)
        request = admin_url.presigned("GET", "/signing-platforms")
        answer = admin_url.transmit(request, path=target(request) + "&X-Amz-Security-Token=added")
        refused(answer, UNKNOWN, self.REASON)

    @pytest.mark.parametrize("service", ["signer", "signer-data"])
    def test_in_a_header(self, variables, service):
        """As boto3 sends it with three variables instead of two."""
        with_token = client(variables["verifier"] | {"AWS_SESSION_TOKEN": "token"}, service)
        question = {
            "signatureTimestamp": "2024-01-01T00:00:00Z", "platformId": PLATFORM, "certificateHashes": ["0" * 192],
            "profileVersionArn": "arn:aws:signer:us-east-1:000000000001:/signing-profiles/abc/abcdefghij",
            "jobArn": "arn:aws:signer:us-east-1:000000000001:/signing-jobs/01890a5d-ac96-774b-bcce-b302099a8057",
        }  # fmt: skip
        with pytest.raises(with_token.exceptions.ClientError) as caught:
            with_token.get_revocation_status(**question)
        assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
        assert self.REASON in caught.value.response["Error"]["Message"]

    def test_in_an_unsigned_header(self, variables):
        request = Sender(variables["admin"]).signed("GET", "/signing-platforms")
        request.headers["X-Amz-Security-Token"] = "token"
        answer = Sender(variables["admin"]).transmit(request)
        refused(answer, INVALID, "'x-amz-security-token' must be a 'SignedHeader'")

    def test_sts(self, variables):
        presigner = Presigner(variables["admin"])
        code = sts_error(presigner.fetch("GET", CALLER_IDENTITY, token="token", service="sts"))
        assert code == (403, "UnrecognizedClientException")


CALLER_IDENTITY = "/?Action=GetCallerIdentity&Version=2011-06-15"
STS = "{https://sts.amazonaws.com/doc/2011-06-15/}"


def sts_error(answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "text/xml", answer
    return answer.status, ElementTree.fromstring(answer.body).findtext(f"{STS}Error/{STS}Code")


def identified(answer, variables):
    assert answer.status == 200, answer
    result = ElementTree.fromstring(answer.body).find(f"{STS}GetCallerIdentityResult")
    assert result.findtext(f"{STS}Account") == variables["HALLMARK_ACCOUNT"]
    assert result.findtext(f"{STS}Arn").startswith(f"arn:aws:iam::{variables['HALLMARK_ACCOUNT']}:user/")


class TestCallerIdentity:
    """Whoever is shown such a URL, Kubernetes' authenticator or Vault, asks STS with it who made it."""

    @pytest.fixture
    def presigner(self, variables):
        return Presigner(variables["signer"])

    def test_presigned(self, presigner):
        identified(presigner.fetch("GET", CALLER_IDENTITY, service="sts"), presigner.variables)
        reordered = "/?Version=2011-06-15&Action=GetCallerIdentity"
        identified(presigner.fetch("GET", reordered, service="sts"), presigner.variables)

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_generated_by_boto3(self, variables, method):
        """POST is the operation's own method; the parameters stand in the URL all the same."""
        sts = client(variables["signer"], "sts")
        url = sts.generate_presigned_url("get_caller_identity", HttpMethod=method)
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
            assert variables["signer"]["HALLMARK_ACCOUNT"] in answer.read().decode()

    def test_the_token_that_the_aws_cli_makes_for_kubernetes(self, presigner, tmp_path):
        words = ["aws", "--output", "json", "eks", "get-token", "--cluster-name", "prod"]
        made = run_well(words, clean_environment(tmp_path) | presigner.variables)
        prefix, encoded = json.loads(made)["status"]["token"].split(".")
        assert prefix == "k8s-aws-v1"
        url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        assert "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id" in url
        request = AWSRequest("GET", url, headers={"x-k8s-aws-id": "prod"})
        identified(presigner.transmit(request), presigner.variables)
        for headers in ({"x-k8s-aws-id": "test"}, {}):
            answer = presigner.transmit(AWSRequest("GET", url, headers=headers))
            assert sts_error(answer) == (403, "InvalidSignatureException")

    def test_signed_in_headers_with_another_beside_it(self, presigner):
        """As Vault's agents sign it, for one server by name; with a body, and with a query string."""
        form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "X-Vault-AWS-IAM-Server-ID": "vault"}
        body = CALLER_IDENTITY[2:].encode()
        request = presigner.signed("POST", "/", body, form, service="sts")
        identified(presigner.transmit(request), presigner.variables)
        request.headers.replace_header("X-Vault-AWS-IAM-Server-ID", "another")
        assert sts_error(presigner.transmit(request)) == (403, "InvalidSignatureException")
        identified(presigner.send("GET", CALLER_IDENTITY, headers=form, service="sts"), presigner.variables)

    @pytest.mark.parametrize(
        "query, code",
        [
            ("", "MissingAction"),
            ("?Version=2011-06-15", "MissingAction"),
            ("?Action=GetCallerIdentity", "MissingAction"),
            ("?Action=GetCallerIdentity&Action=GetCallerIdentity&Version=2011-06-15", "MissingAction"),
            ("?Action=GetCallerIdentity&Action=GetSessionToken&Version=2011-06-15", "MissingAction"),
            ("?Action=GetCallerIdentity&Version=2011-06-15&Version=2010-05-08", "MissingAction"),
            ("?Action=GetSessionToken&Version=2011-06-15", "InvalidAction"),
            ("?Action=GetCallerIdentity&Version=2010-05-08", "InvalidAction"),
            ("?Action=&Version=2011-06-15", "InvalidAction"),
        ],
    )
    def test_other_questions(self, presigner, query, code):
        for fetch in (presigner.fetch, presigner.send):
            assert sts_error(fetch("GET", f"/{query}", service="sts")) == (400, code)

    def test_one_action_in_all(self, presigner):
        """Two readers of this request would see two questions."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = CALLER_IDENTITY[2:].encode()
        for path in (CALLER_IDENTITY, "/?Action=GetSessionToken", "/?Version=2011-06-15"):
            answer = presigner.send("POST", path, body, form, service="sts")
            assert sts_error(answer) == (400, "MissingAction")

    def test_who_is_not_known(self, presigner):
        cases = [
            ({"service": "signer"}, "InvalidSignatureException"),
            ({"secret": "x" * 40}, "InvalidSignatureException"),
            ({"skew": timedelta(hours=-1)}, "InvalidSignatureException"),
        ]
        for changes, code in cases:
            answer = presigner.fetch("GET", CALLER_IDENTITY, **{"service": "sts"} | changes)
            assert sts_error(answer) == (403, code)
        request = presigner.presigned("GET", CALLER_IDENTITY, service="sts")
        altered = target(request).replace("2011-06-15", "2011-06-16")
        assert sts_error(presigner.transmit(request, path=altered)) == (403, "InvalidSignatureException")
        answer = presigner.transmit(request, path=CALLER_IDENTITY)
        assert sts_error(answer) == (403, "MissingAuthenticationTokenException")

    def test_a_signature_for_one_service_is_none_for_another(self, presigner):
        """Or a token shown to some cluster would let it sign."""
        refused(presigner.fetch("GET", "/signing-platforms", service="sts"), INVALID, "service: 'signer'")
