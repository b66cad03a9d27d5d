"""Hallmark's own operations: page by page, who may, what of other accounts is seen, and what is refused."""

import pytest

from history import DENIED, NOBODY, NOT_FOUND, ROLES, VALIDATION, leaves, serial

READERS = {"SecurityAdmin", "Auditor"}


@pytest.fixture(scope="module")
def auditor(history):
    return history.readers["Auditor"]


class TestPaging:
    LISTS = {"revocations": "revocations", "certificates": "certificates"}

    @pytest.mark.parametrize("path", LISTS)
    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
    def test_pages_make_up_the_list(self, history, auditor, path, size):
        whole = auditor.read(path)[path]
        pages = list(auditor.pages(path, path, maxResults=size))
        assert [entry for page in pages for entry in page] == whole
        assert all(len(page) == size for page in pages[:-1]) and 0 < len(pages[-1]) <= size

    def test_pages_of_revoked_certificates(self, history, auditor):
        pages = list(auditor.pages("certificates", "certificates", isRevoked="true", maxResults=1))
        assert leaves(history, [page[0]["serialNumber"] for page in pages]) == ["gamma", "beta"]

    @pytest.mark.parametrize("path", LISTS)
    def test_tokens_are_bound(self, history, auditor, path):
        token = auditor.read(path, maxResults=1)["nextToken"]
        edited = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
        strange = {
            "edited": (auditor, path, {"nextToken": edited}),
            "shortened": (auditor, path, {"nextToken": token[4:]}),
            "another caller's": (history.readers["SecurityAdmin"], path, {"nextToken": token}),
            "another account's": (history.other.readers["Auditor"], path, {"nextToken": token}),
            "of another filter": (auditor, path, {"nextToken": token, "profileName": "alpha"}),
            "of another list": (auditor, *[(name, {"nextToken": token}) for name in self.LISTS if name != path][0]),
            "of issuers": (auditor, "issuers", {"nextToken": token}),
            "made up": (auditor, path, {"nextToken": "x"}),
        }
        for case, (reader, where, query) in strange.items():
            message = reader.refused(VALIDATION, where, **query)
            assert message.startswith("nextToken: "), (case, message)
        assert auditor.read(path, nextToken=token, maxResults=25)[path] == auditor.read(path)[path][1:]

    def test_issuers_are_paged(self, history, auditor):
        assert list(auditor.pages("issuers", "issuers", maxResults=1)) == [auditor.read("issuers")["issuers"]]


class TestRoles:
    def paths(self, history) -> dict[str, str]:
        return {
            "ListIssuers": "issuers",
            "ListCertificates": "certificates",
            "GetCertificateChain": f"certificates/{history.first.serial}/chain",
            "ListRevocations": "revocations",
            "GetRevocation": f"revocations/{history.records['first'].id}",
            "GetSigningProfileUse": "signing-profiles/alpha/use",
        }

    ALLOWED = {
        "ListIssuers": READERS | {"Operator"},
        "ListCertificates": READERS,
        "GetCertificateChain": READERS | {"Signer", "Verifier"},
        "ListRevocations": READERS,
        "GetRevocation": READERS,
        "GetSigningProfileUse": READERS,
    }

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("operation", ALLOWED)
    def test_who_may(self, history, role, operation):
        reader, path = history.readers[role], self.paths(history)[operation]
        if role in self.ALLOWED[operation]:
            reader.read(path)
        else:
            assert f"hallmark:{operation}" in reader.refused(DENIED, path)

    def test_denied_whether_it_is_there_or_not(self, history):
        signer = history.readers["Signer"]
        answers = {
            signer.refused(DENIED, f"revocations/{identifier}") for identifier in (history.records["first"].id, NOBODY)
        }
        assert len(answers) == 1

    def test_requests_are_signed_for_this_service(self, history, auditor):
        for path in self.paths(history).values():
            status, exception, message = auditor.send(path, service="signer").error()
            assert (status, exception) == (403, "InvalidSignatureException") and "hallmark" in message


class TestOtherAccounts:
    def test_lists_are_ones_own(self, history):
        other = history.other.readers["Auditor"]
        assert other.revocations() == [history.other.record.id]
        assert history.other.signed.serial in other.certificates() and len(other.certificates()) == 2
        (issuer,) = other.read("issuers")["issuers"]
        assert issuer["serialNumber"] == serial(history.other.signed.envelope.chain[1]) != history.issuer

    def test_filters_find_nothing_of_others(self, history):
        other = history.other.readers["Auditor"]
        for query in (
            {"jobId": history.first.job},
            {"profileName": "alpha"},
            {"serialNumber": history.of_gamma.serial},
            {"revokedBy": history.deputy},
            {"reasonContains": "host"},
            {"subjectType": "ProfileVersion"},
        ):
            assert other.revocations(**query) == [], query
        for query in ({"profileName": "alpha"}, {"isRevoked": "true"}, {"issuerSerialNumber": history.issuer}):
            assert other.certificates(**query) == [], query

    @pytest.mark.parametrize("role", ["SecurityAdmin", "Auditor"])
    def test_what_is_theirs_reads_as_absent(self, history, role):
        other = history.other.readers[role]
        mine = history.records["first"].id
        told = {name: other.send(f"revocations/{name}").error() for name in (mine, NOBODY)}
        assert told[mine][:2] == NOT_FOUND
        assert told[mine][2].replace(mine, "ID") == told[NOBODY][2].replace(NOBODY, "ID")
        absent = history.first.serial[:-4] + ("0000" if history.first.serial[-4:] != "0000" else "1111")
        for number in (history.first.serial, history.issuer):
            told = {name: other.send(f"certificates/{name}/chain").error() for name in (number, absent)}
            assert told[number][:2] == NOT_FOUND
            assert told[number][2].replace(number, "ID") == told[absent][2].replace(absent, "ID")
        told = {name: other.send(f"signing-profiles/{name}/use").error() for name in ("alpha", "nobodys")}
        assert told["alpha"][:2] == NOT_FOUND
        assert told["alpha"][2].replace("alpha", "NAME") == told["nobodys"][2].replace("nobodys", "NAME")


BAD_INPUT = {
    "odd digits": ("certificates/011/chain", "serialNumber: '011' is not a serial number"),
    "no hex": ("certificates/0g/chain", "serialNumber: '0g' is not a serial number"),
    "colons": ("certificates/01:02/chain", "serialNumber: "),
    "zero": ("certificates/00/chain", "serialNumber: the serial number is zero"),
    "negative": ("certificates/80/chain", "serialNumber: the serial number is negative"),
    "padded": ("certificates/0001/chain", "serialNumber: the serial number begins with a superfluous zero"),
    "too long": (f"certificates/{'01' * 21}/chain", "serialNumber: "),
    "NUL": ("certificates/%00/chain", "serialNumber: "),
    "no id": ("revocations/1", "revocationId: '1' is not a revocation id"),
    "id in upper case": (f"revocations/{NOBODY.replace('4', 'A')}", "revocationId: "),
    "empty profile": ("certificates?profileName=", "profileName: the parameter has no value"),
    "empty serial": ("revocations?serialNumber=", "serialNumber: the parameter has no value"),
    "empty reason": ("revocations?reasonContains=", "reasonContains: the parameter has no value"),
    "empty token": ("issuers?nextToken=", "nextToken: the parameter has no value"),
    "long reason": (f"revocations?reasonContains={'x' * 501}", "reasonContains: "),
    "unknown subject": ("revocations?subjectType=Profile", "subjectType: "),
    "subject in lower case": ("revocations?subjectType=signingJob", "subjectType: "),
    "two subjects": ("revocations?subjectType=SigningJob&subjectType=Certificate", "subjectType: "),
    "bad profile": ("revocations?profileName=a-b", "profileName: "),
    "bad job": ("revocations?jobId=1", "jobId: '1' is not a job id"),
    "bad serial": ("revocations?serialNumber=zz", "serialNumber: "),
    "bad issuer": ("certificates?issuerSerialNumber=0", "issuerSerialNumber: "),
    "zero issuer": ("certificates?issuerSerialNumber=00", "issuerSerialNumber: the serial number is zero"),
    "bad flag": ("certificates?isRevoked=yes", "isRevoked: "),
    "bad time": ("revocations?revokedAfter=yesterday", "revokedAfter: "),
    "seconds": ("certificates?expiresBefore=1700000000", "expiresBefore: "),
    "no entries": ("certificates?maxResults=0", "maxResults: a page holds 1 to 25 entries"),
    "too many entries": ("revocations?maxResults=26", "maxResults: a page holds 1 to 25 entries"),
    "version alone, certificates": ("certificates?profileVersion=aaaaaaaaaa", "profileVersion: "),
    "version alone, revocations": ("revocations?profileVersion=aaaaaaaaaa", "profileVersion: "),
    "job and certificate": (f"revocations?jobId={NOBODY}&serialNumber=01", "serialNumber: "),
    "job of a profile's": (f"revocations?jobId={NOBODY}&subjectType=ProfileVersion", "jobId: "),
    "certificate of a job's": ("revocations?serialNumber=01&subjectType=SigningJob", "serialNumber: "),
    "use of no name": ("signing-profiles/a-b/use", "profileName: "),
    "use of a bad version": ("signing-profiles/alpha/use?profileVersion=1", "profileVersion: "),
    "use since when": ("signing-profiles/alpha/use?since=1700000000", "since: "),
    "use, too many entries": ("signing-profiles/alpha/use?maxResults=26", "maxResults: a page holds 1 to 25 entries"),
    "no time between": (
        "revocations?revokedAfter=2026-01-01T00%3A00%3A00Z&revokedBefore=2026-01-01T00%3A00%3A00Z", "revokedAfter: ",
    ),
    "effect in no time": (
        "revocations?effectiveAfter=2026-01-02T00%3A00%3A00Z&effectiveBefore=2026-01-01T00%3A00%3A00Z", "effectiveAfter: ",
    ),
    "expiry in no time": (
        "certificates?expiresAfter=2026-01-02T00%3A00%3A00Z&expiresBefore=2026-01-01T00%3A00%3A00Z", "expiresAfter: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input(history, auditor, case):
    path, fragment = BAD_INPUT[case]
    message = auditor.refused(VALIDATION, path)
    assert fragment in message, message


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_but_reading(history, auditor, method):
    for path in ("issuers", "certificates", "revocations", f"revocations/{NOBODY}", "signing-profiles/alpha/use"):
        answer = auditor.sender.send(method, f"/hallmark/{path}", service="hallmark")
        assert answer.error()[:2] == (405, "UnknownOperationException"), path
