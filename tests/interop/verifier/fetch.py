"""How revocation is asked for, as notation asks: plain HTTP, CRLs and OCSP requests by GET, OCSP also by POST."""

import base64
import urllib.parse
import urllib.request

SECONDS = 5


def crl(url: str) -> bytes:
    return _body(urllib.request.Request(url))


def ocsp_by_get(url: str, request: bytes) -> bytes:
    """RFC 6960 appendix A.1: the request in one percent-encoded segment."""
    segment = urllib.parse.quote(base64.b64encode(request).decode(), safe="")
    return _body(urllib.request.Request(f"{url.rstrip('/')}/{segment}"))


def ocsp_by_post(url: str, request: bytes) -> bytes:
    return _body(urllib.request.Request(url, data=request, headers={"Content-Type": "application/ocsp-request"}))


def _body(request: urllib.request.Request) -> bytes:
    """Raises urllib's HTTPError unless the answer is 200."""
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        assert answer.status == 200, answer.status
        return answer.read()
