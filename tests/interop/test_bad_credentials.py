"""Requests whose signature does not hold, and questions about revocation that are not whole."""

import urllib.parse
from datetime import timedelta

import pytest

from clients import PLATFORM, unique
from raw import Sender

PUT = b'{"platformId":"Notation-OCI-SHA384-ECDSA"}'


@pytest.fixture
def sender(variables):
    return Sender(variables["admin"])


def denied(answer, exception: str, fragment: str):
    status, kind, message = answer.error()
    assert (status, kind) == (403, exception), message
    assert fragment in message, message


@pytest.fixture
def name(admin):
    """A profile name; at the end no profile may bear it."""
    name = unique()
    yield name
    with pytest.raises(admin.exceptions.ResourceNotFoundException):
        admin.get_signing_profile(profileName=name)


def test_unsigned(sender, name):
    request = sender.signed("PUT", f"/signing-profiles/{name}", PUT)
    denied(
        sender.transmit(request, drop={"authorization"}),
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


def test_unknown_key(sender, name):
    answer = sender.send("PUT", f"/signing-profiles/{name}", PUT, key="AKIAAAAAAAAAAAAAAAAA")
    denied(answer, "UnrecognizedClientException", "security token")


def test_wrong_secret(sender, name):
    answer = sender.send("PUT", f"/signing-profiles/{name}", PUT, secret="x" * 40)
    denied(answer, "InvalidSignatureException", "does not match")


@pytest.mark.parametrize("minutes", [-6, 6, -60 * 24 * 2, 60 * 24 * 2])
def test_skewed_clock(sender, name, minutes):
    answer = sender.send("PUT", f"/signing-profiles/{name}", PUT, skew=timedelta(minutes=minutes))
    denied(answer, "InvalidSignatureException", "Signature expired" if minutes < 0 else "Signature not yet current")


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_little_skew_is_forgiven(sender, minutes):
    answer = sender.send("GET", "/signing-profiles", skew=timedelta(minutes=minutes))
    assert answer.status == 200, answer


ALTERATIONS = {
    "body": {"body": PUT + b" "},
    "path": {"path": "/signing-profiles/another"},
    "query": {"path": "/signing-profiles/another?x=1"},
    "method": {"method": "GET"},
}


@pytest.mark.parametrize("case", ALTERATIONS)
def test_altered_in_transit(sender, name, case):
    request = sender.signed("PUT", f"/signing-profiles/{name}", PUT)
    denied(sender.transmit(request, **ALTERATIONS[case]), "InvalidSignatureException", "does not match")


def test_unsigned_amz_header(sender, name):
    """Every x-amz-* header has to be covered by the signature."""
    request = sender.signed("PUT", f"/signing-profiles/{name}", PUT)
    request.headers["X-Amz-Meta-Role"] = "operator"
    denied(sender.transmit(request), "InvalidSignatureException", "'x-amz-meta-role' must be a 'SignedHeader'")


def test_unsigned_payload(sender, name):
    request = sender.signed("PUT", f"/signing-profiles/{name}", PUT)
    request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
    denied(sender.transmit(request), "InvalidSignatureException", "payload must be signed")


@pytest.mark.parametrize(
    "changes, fragment", [({"service": "s3"}, "service: 'signer'"), ({"region": "mars-west-1"}, "region")]
)
def test_foreign_scope(sender, name, changes, fragment):
    answer = sender.send("PUT", f"/signing-profiles/{name}", PUT, **changes)
    denied(answer, "InvalidSignatureException", fragment)


def incomplete(answer, fragment: str):
    status, kind, message = answer.error()
    assert (status, kind) == (400, "IncompleteSignatureException"), message
    assert fragment in message, message


def test_two_forms_of_credentials(sender, name):
    """Exactly one form of credentials per request."""
    request = sender.signed("PUT", f"/signing-profiles/{name}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00", PUT)
    incomplete(sender.transmit(request), "more than one form of credentials")


def test_no_date(sender, name):
    request = sender.signed("PUT", f"/signing-profiles/{name}", PUT)
    incomplete(sender.transmit(request, drop={"x-amz-date"}), "X-Amz-Date")


HEADERS = {
    "Bearer x": "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256": "",
    "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=y": "Signature",
    "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=" + "0" * 64: "5 slash-delimited elements",
}


@pytest.mark.parametrize("header", HEADERS)
def test_malformed_authorization(sender, name, header):
    request = sender.signed("PUT", f"/signing-profiles/{name}", PUT)
    request.headers.replace_header("Authorization", header)
    incomplete(sender.transmit(request), HEADERS[header])


class TestQuestions:
    """GetRevocationStatus: any doubt is an error, never an empty list."""

    HASH = "0" * 192

    @pytest.fixture
    def question(self, variables):
        account, region = variables["verifier"]["HALLMARK_ACCOUNT"], variables["verifier"]["AWS_REGION"]
        return [
            ("certificateHashes", self.HASH),
            ("jobArn", f"arn:aws:signer:{region}:{account}:/signing-jobs/01890a5d-ac96-774b-bcce-b302099a8057"),
            ("platformId", PLATFORM),
            ("profileVersionArn", f"arn:aws:signer:{region}:{account}:/signing-profiles/abc/abcdefghij"),
            ("signatureTimestamp", "2024-01-01T00:00:00Z"),
        ]

    def ask(self, variables, pairs):
        query = urllib.parse.urlencode(pairs, quote_via=urllib.parse.quote, safe="")
        return Sender(variables["verifier"]).send("GET", f"/revocations?{query}")

    def refuse(self, variables, pairs, fragment):
        status, kind, message = self.ask(variables, pairs).error()
        assert (status, kind) == (400, "ValidationException"), message
        assert fragment in message, message

    def test_whole(self, variables, question):
        assert self.ask(variables, question).status == 200

    @pytest.mark.parametrize("number", range(5))
    def test_a_member_is_missing(self, variables, question, number):
        member, _ = question.pop(number)
        self.refuse(variables, question, member)

    @pytest.mark.parametrize("number", range(1, 5))
    def test_a_scalar_stands_twice(self, variables, question, number):
        question.append(question[number])
        self.refuse(variables, question, question[number][0])

    CHANGES = {
        "hash too short": (0, "0" * 191),
        "hash not hexadecimal": (0, "g" * 192),
        "job a profile": (1, "arn:aws:signer:us-east-1:000000000001:/signing-profiles/abc"),
        "job no ARN": (1, "01890a5d-ac96-774b-bcce-b302099a8057"),
        "profile without version": (3, "arn:aws:signer:us-east-1:000000000001:/signing-profiles/abc"),
        "another service": (3, "arn:aws:s3:us-east-1:000000000001:/signing-profiles/abc/abcdefghij"),
        "time as a number": (4, "1704067200"),
        "time without zone or day": (4, "yesterday"),
    }

    @pytest.mark.parametrize("case", CHANGES)
    def test_a_member_is_wrong(self, variables, question, case):
        number, value = self.CHANGES[case]
        member = question[number][0]
        question[number] = (member, value)
        self.refuse(variables, question, member)
