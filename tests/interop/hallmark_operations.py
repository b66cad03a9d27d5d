"""Hallmark's own operations, by requests that botocore signs."""

import json

from cryptography import x509

from raw import Sender


class Operations:
    """`hallmark:*` as one role sees it."""

    def __init__(self, variables: dict[str, str]):
        self.sender = Sender(variables)

    def call(self, method: str, path: str, members: dict | None = None) -> dict:
        body = json.dumps(members).encode() if members else b""
        answer = self.sender.send(method, f"/hallmark/{path}", body, service="hallmark")
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def certificates(self, **filters) -> list[dict]:
        """The last certificates, the newest first: at most one page."""
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        return self.call("GET", f"certificates?{query}")["certificates"]

    def all_certificates(self):
        """Every certificate of the account, page by page."""
        token = {}
        while token is not None:
            query = "&".join(f"{name}={value}" for name, value in ({"maxResults": 25} | token).items())
            page = self.call("GET", f"certificates?{query}")
            yield from page["certificates"]
            token = {"nextToken": page["nextToken"]} if "nextToken" in page else None

    def serial_number(self, profile: dict) -> str:
        """Of the last certificate that signed with a profile."""
        return self.certificates(profileName=profile["profileName"], maxResults=1)[0]["serialNumber"]

    def chain(self, serial_number: str) -> list[x509.Certificate]:
        pem = self.call("GET", f"certificates/{serial_number}/chain")["pem"]
        return x509.load_pem_x509_certificates(pem.encode())

    def issuers(self) -> list[x509.Certificate]:
        issuers = self.call("GET", "issuers")["issuers"]
        return [x509.load_pem_x509_certificate(one["certificate"].encode()) for one in issuers]

    def revoke(self, serial_number: str, **members):
        self.call("PUT", f"certificates/{serial_number}/revoke", {"reason": "the key leaked"} | members)
