"""Requests that carry their signature in the query string, as botocore makes them."""

import contextlib
import hashlib
import urllib.parse
from datetime import UTC, datetime, timedelta
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from raw import Answer, Sender


class QueryAuth(botocore.auth.SigV4QueryAuth):
    """botocore's own, which moves a body into the query string: this one signs the body that is sent beside it."""

    def __init__(self, body: bytes, *arguments, **named):
        super().__init__(*arguments, **named)
        self.body = body

    def payload(self, request) -> str:
        return hashlib.sha256(self.body).hexdigest()


class Presigner(Sender):
    """Presigns with one role's credentials, and fetches with no credentials at all."""

    def presigned(self, method, path, body=b"", headers=None, *, expires=300, skew=timedelta(), token=None,
                  secret=None, service="signer") -> AWSRequest:  # fmt: skip
        """The headers are signed, and have to be sent; the host is the service's unless they name another."""
        credentials = Credentials(
            self.variables["AWS_ACCESS_KEY_ID"], secret or self.variables["AWS_SECRET_ACCESS_KEY"], token
        )
        path, _, query = path.partition("?")
        # Given as `params`, keys that stand more than once survive.
        params = urllib.parse.parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))
        request = AWSRequest(method, self.url + path, headers=headers or {}, params=params)
        then = (datetime.now(UTC) + skew).replace(tzinfo=None)
        frozen = mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: then)
        with frozen if skew else contextlib.nullcontext():
            QueryAuth(body, credentials, service, self.variables["AWS_REGION"], expires=expires).add_auth(request)
        request.data = body
        return request

    def fetch(self, method, path, body=b"", headers=None, **signing) -> Answer:
        return self.transmit(self.presigned(method, path, body, headers, **signing))


def target(request: AWSRequest) -> str:
    """Path and query of a request, to be altered."""
    url = urllib.parse.urlsplit(request.url)
    return f"{url.path}?{url.query}"


def without(request: AWSRequest, name: str) -> str:
    """Path and query, less the parameter of this name."""
    path, _, query = target(request).partition("?")
    return path + "?" + "&".join(pair for pair in query.split("&") if pair.partition("=")[0] != name)
