"""Requests as no honest client would send them: signed by botocore, altered, and sent as bytes."""

import contextlib
import http.client
import json
import urllib.parse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def error(self) -> tuple[int, str, str]:
        """Status, exception and sentence; insists on the form that every AWS client reads."""
        assert self.status < 500, self
        kind = self.headers.get("x-amzn-errortype")
        assert kind, self
        assert self.headers.get("x-amzn-requestid"), self
        assert self.headers.get("content-type") == "application/json", self
        members = json.loads(self.body)
        assert set(members) == {"message", "code"}, members
        assert members["message"], "an error says what is wrong"
        return self.status, kind, members["message"]


class Sender:
    """Sends requests with one role's credentials."""

    def __init__(self, variables: dict[str, str]):
        self.variables = variables
        self.url = variables["HALLMARK_URL"].rstrip("/")

    def signed(self, method, path, body=b"", headers=None, *, secret=None, key=None, skew=timedelta(), service="signer",
               region=None) -> AWSRequest:  # fmt: skip
        credentials = Credentials(
            key or self.variables["AWS_ACCESS_KEY_ID"], secret or self.variables["AWS_SECRET_ACCESS_KEY"]
        )
        request = AWSRequest(method, self.url + path, headers=headers or (JSON if body else {}), data=body)
        then = datetime.now(UTC) + skew
        frozen = mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
        with frozen if skew else contextlib.nullcontext():
            botocore.auth.SigV4Auth(credentials, service, region or self.variables["AWS_REGION"]).add_auth(request)
        return request

    def send(self, method, path, body=b"", headers=None, **signing) -> Answer:
        return self.transmit(self.signed(method, path, body, headers, **signing))

    def transmit(self, request: AWSRequest, *, method=None, path=None, body=None, drop=()) -> Answer:
        """Sends a signed request, altered in transit where asked."""
        target = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=30)
        sent = urllib.parse.urlsplit(request.url)
        path = path or (sent.path + ("?" + sent.query if sent.query else ""))
        body = request.data if body is None else body
        headers = {name: value for name, value in request.headers.items() if name.lower() not in drop}
        with contextlib.closing(connection):
            connection.request(method or request.method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            received = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, received, answer.read())
