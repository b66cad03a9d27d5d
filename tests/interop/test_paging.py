"""Page tokens: lists that grow while they are read, and tokens that are not what they were issued as.

A page of jobs may be shorter than asked for, even empty, while there is a token: whoever reads goes on.
"""

import json
import string
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from types import SimpleNamespace

import pytest

from clients import PLATFORM, client, new_profile, sign, unique
from composed import Composed
from raw import Sender

VALIDATION = (400, "ValidationException")
BASE64URL = string.ascii_letters + string.digits + "-_"
#: More pages than any list here can have.
MANY = 2000


@dataclass(frozen=True)
class List:
    """A list of the API: where it stands, what it holds and by which its entries are told apart."""

    operation: str
    path: str
    member: str
    key: str
    #: Filters of which each makes another list, and finds something.
    filters: tuple[str, ...]
    #: Whether each page but the last holds as many entries as were asked for.
    full: bool


YEAR_2000, YEAR_2100 = "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
LISTS = {
    "profiles": List(
        "list_signing_profiles", "/signing-profiles", "profiles", "profileName",
        ("includeCanceled=true", f"platformId={PLATFORM}", "statuses=Canceled", "statuses=Active&statuses=Revoked"), True,
    ),
    "platforms": List(
        "list_signing_platforms", "/signing-platforms", "platforms", "platformId",
        ("category=AWS", "target=SHA384-ECDSA", "partner=AmazonFreeRTOS", "category=AWS&partner=AmazonFreeRTOS"), True,
    ),
    "jobs": List(
        "list_signing_jobs", "/signing-jobs", "jobs", "jobId",
        ("status=Succeeded", "isRevoked=false", "isRevoked=true", f"platformId={PLATFORM}", "requestedBy={signer}",
         "jobInvoker={account}", f"signatureExpiresAfter={YEAR_2000}", f"signatureExpiresBefore={YEAR_2100}",
         f"artifactDigest=sha256:{'ab' * 32}"), False,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def composed(tmp_path_factory):
    composed = Composed(tmp_path_factory.mktemp("paging"))
    try:
        yield composed.up()
        composed.end()
    finally:
        composed.destroy()


@pytest.fixture(scope="module")
def twin(composed):
    """A second replica over the same database."""
    twin = composed.twin()
    try:
        twin.serve()
        yield twin
        twin.end()
    finally:
        if twin.process.poll() is None:
            twin.process.kill()
            twin.process.wait()


@pytest.fixture(scope="module")
def house(composed):
    """26 profiles and 26 jobs in the first account, some canceled, some revoked; as many kinds in a second."""
    roles = {"admin": "SecurityAdmin", "signer": "Signer", "auditor": "Auditor", "another": "Auditor"}
    first = {name: composed.principal(name, role) for name, role in roles.items()}
    account = json.loads(composed.hallmark("account", "create", "second", "--output", "json").stdout)["account"]
    second = {name: composed.principal(name, role, "--account", account) for name, role in roles.items()}
    for variables, count in ((first, 26), (second, 3)):
        fill(client(variables["admin"]), client(variables["signer"]), count)
    own = client(first["admin"], "sts").get_caller_identity()["Account"]
    filled = {"signer": f"arn:aws:iam::{own}:user/signer", "account": own}
    return SimpleNamespace(first=first, second=second, filled=filled, auditor=Sender(first["auditor"]))


def fill(admin, signer, count: int):
    names = [new_profile(admin)["profileName"] for _ in range(count)]
    jobs = [sign(signer, names[0])["jobId"] for _ in range(count)]
    for job in jobs[:3]:
        admin.revoke_signature(jobId=job, reason="lost")
    for _ in range(3):
        admin.cancel_signing_profile(profileName=new_profile(admin)["profileName"])


def page(sender: Sender, of: List, query: str = "", token: str | None = None):
    """One answer, whatever it is."""
    words = [word for word in (query, token is not None and f"nextToken={token}") if word]
    return sender.send("GET", of.path + ("?" + "&".join(words) if words else ""))


def walk(sender: Sender, of: List, query: str = "") -> Iterator[list[str]]:
    """Page by page; ends, whatever the tokens lead to."""
    found, token = set(), None
    for _ in range(MANY):
        answer = page(sender, of, query, token)
        assert answer.status == 200, answer
        shown = json.loads(answer.body)
        keys = [entry[of.key] for entry in shown[of.member]]
        assert len(keys) == len(set(keys)) and found.isdisjoint(keys), "no entry stands on two pages"
        found.update(keys)
        yield keys
        token = shown.get("nextToken")
        if token is None:
            return
    pytest.fail(f"{of.path}?{query} has more than {MANY} pages")


def read(sender: Sender, of: List, query: str = "") -> list[list[str]]:
    return list(walk(sender, of, query))


def entries(answer) -> dict:
    """What a page shows, without the token: of that, no two are alike."""
    assert answer.status == 200, answer
    return {name: value for name, value in json.loads(answer.body).items() if name != "nextToken"}


def flat(pages: list[list[str]]) -> list[str]:
    return [entry for page in pages for entry in page]


def first_token(sender: Sender, of: List, query: str) -> str:
    answer = json.loads(page(sender, of, f"maxResults=1&{query}").body)
    assert answer.get("nextToken"), f"{query} finds too little to have a second page"
    return answer["nextToken"]


def refused(answer):
    assert answer.error()[:2] == VALIDATION, answer
    assert "nextToken" in answer.error()[2]


@pytest.fixture(params=LISTS)
def of(request):
    return LISTS[request.param]


class TestPages:
    def test_every_size(self, house, of):
        everything = flat(read(house.auditor, of))
        assert len(everything) == len(set(everything)) >= 5
        for size in range(1, 26):
            pages = read(house.auditor, of, f"maxResults={size}")
            assert flat(pages) == everything
            assert all(len(page) <= size for page in pages)
            if of.full:
                assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
                assert pages[-1]

    @pytest.mark.parametrize("size", ["0", "26", "-1", "x", "", "1.0", "1e1", "0x1", str(2**64 + 1), "1&maxResults=2"])
    def test_sizes_that_are_none(self, house, of, size):
        status, exception, message = page(house.auditor, of, f"maxResults={size}").error()
        assert (status, exception) == VALIDATION
        assert "maxResults" in message

    def test_paginators(self, house, of):
        lister = client(house.first["auditor"])
        everything = flat(read(house.auditor, of))
        paginator = lister.get_paginator(of.operation)
        for size in (None, 1, 4, 25):
            pages = islice(paginator.paginate(PaginationConfig={"PageSize": size}), MANY)
            assert [entry[of.key] for page in pages for entry in page[of.member]] == everything
        # What the CLI's --max-items and --starting-token do: half of a list today, the rest tomorrow.
        half = paginator.paginate(PaginationConfig={"PageSize": 2, "MaxItems": 3}).build_full_result()
        rest = paginator.paginate(PaginationConfig={"PageSize": 2, "StartingToken": half["NextToken"]})
        found = half[of.member] + [entry for page in islice(rest, MANY) for entry in page[of.member]]
        assert [entry[of.key] for entry in found] == everything

    def test_filters(self, house, of):
        everything = flat(read(house.auditor, of, "includeCanceled=true"))
        for query in filled(house, of):
            whole = flat(read(house.auditor, of, f"{query}&maxResults=25"))
            assert whole and set(whole) <= set(everything)
            assert flat(read(house.auditor, of, f"{query}&maxResults=1")) == whole


def filled(house, of: List) -> list[str]:
    return [urllib.parse.quote(query.format(**house.filled), safe="=&") for query in of.filters]


class TestGrowth:
    @pytest.fixture(params=["profiles", "jobs"])
    def of(self, request):
        return LISTS[request.param]

    @pytest.fixture
    def growing(self, house, of):
        """`growing()`: adds an entry or two, wherever the list has its beginning and its end."""
        admin, signer = client(house.first["admin"]), client(house.first["signer"])
        profile = new_profile(admin)["profileName"]

        def call():
            if of.member == "jobs":
                sign(signer, profile)
            else:
                for prefix in ("A", "zz", unique("m")):
                    new_profile(admin, profileName=unique(prefix))

        return call

    def test_between_pages(self, house, of, growing):
        before = flat(read(house.auditor, of))
        found = []
        for number, keys in enumerate(walk(house.auditor, of, "maxResults=2")):
            found += keys
            if number < 5:
                growing()
        assert number > 5
        assert [entry for entry in found if entry in set(before)] == before, "nothing is skipped, nothing moves"

    def test_by_somebody_else_meanwhile(self, house, of, growing):
        before = flat(read(house.auditor, of))
        over = threading.Event()

        def grow():
            while not over.is_set():
                growing()

        grower = threading.Thread(target=grow)
        grower.start()
        try:
            # A list that grows faster than it is read never ends: what was there at the start must come all the same.
            rounds = [read_until(walk(house.auditor, of, "maxResults=3"), before) for _ in range(3)]
        finally:
            over.set()
            grower.join()
        for found in rounds:
            assert [entry for entry in found if entry in set(before)] == before

    def test_the_entry_that_a_page_ended_with_goes(self, house):
        """Canceled between two pages: the list goes on where it was."""
        of, admin = LISTS["profiles"], client(house.first["admin"])
        made = [new_profile(admin, profileName=unique(f"gone{number}"))["profileName"] for number in range(6)]
        before = flat(read(house.auditor, of))
        seen = []
        for (name,) in walk(house.auditor, of, "maxResults=1"):
            seen.append(name)
            if name == made[1]:
                for canceled in (made[0], made[1], made[3]):
                    admin.cancel_signing_profile(profileName=canceled)
        assert seen == [name for name in before if name != made[3]]


def read_until(pages: Iterator[list[str]], wanted: list[str]) -> list[str]:
    found, missing = [], set(wanted)
    for keys in pages:
        found += keys
        missing -= set(keys)
        if not missing:
            break
    return found


class TestTokens:
    def test_edited_anywhere(self, house, of):
        token = first_token(house.auditor, of, "")
        assert page(house.auditor, of, token=token).status == 200
        for place, letter in enumerate(token):
            other = BASE64URL[(BASE64URL.index(letter) + 1) % 64]
            refused(page(house.auditor, of, token=token[:place] + other + token[place + 1 :]))
            swapped = token[:place] + letter.swapcase() + token[place + 1 :]
            if swapped != token:
                refused(page(house.auditor, of, token=swapped))

    def test_cut_anywhere(self, house, of):
        token = first_token(house.auditor, of, "")
        for place in range(1, len(token)):
            refused(page(house.auditor, of, token=token[:place]))
            refused(page(house.auditor, of, token=token[place:]))
            refused(page(house.auditor, of, token=token[:place] + token[place + 1 :]))

    def test_added_to(self, house, of):
        token = first_token(house.auditor, of, "")
        for wrong in (token + "A", token + "AAAA", "A" + token, token + token, token + "%3D", token + "%20", "%20" + token,
                      token + "%0A", token[:9] + "." + token[9:], "", "%FF", "A", "AAAA", "null",
                      "A" * 5000):  # fmt: skip
            refused(page(house.auditor, of, token=wrong))
        refused(page(house.auditor, of, token=f"{token}&nextToken={token}"))
        assert page(house.auditor, of, token=token + "%00").error()[:2] == VALIDATION

    def test_of_another_caller(self, house, of):
        token = first_token(house.auditor, of, "")
        for variables in (*house.first.values(), *house.second.values()):
            answer = page(Sender(variables), of, token=token)
            if variables is house.first["auditor"]:
                assert answer.status == 200
            elif answer.status == 403:
                assert variables in (house.first["signer"], house.second["signer"]), "who may list, is told of the token"
            else:
                refused(answer)

    def test_of_the_same_name_in_another_account(self, house, of):
        """The two principals differ in nothing but the account."""
        theirs = first_token(Sender(house.second["auditor"]), of, "")
        refused(page(house.auditor, of, token=theirs))
        assert page(Sender(house.second["auditor"]), of, token=theirs).status == 200

    def test_of_other_filters(self, house, of):
        queries = ["", *filled(house, of)]
        for issued in queries:
            if len(flat(read(house.auditor, of, issued))) < 2:
                continue
            token = first_token(house.auditor, of, issued)
            for asked in queries:
                answer = page(house.auditor, of, asked, token)
                if asked == issued:
                    assert answer.status == 200, answer
                else:
                    refused(answer)

    def test_of_another_operation(self, house, of):
        token = first_token(house.auditor, of, "")
        for other in LISTS.values():
            if other is not of:
                refused(page(house.auditor, other, token=token))
        for path in ("issuers", "certificates", "revocations"):
            answer = house.auditor.send("GET", f"/hallmark/{path}?nextToken={token}", service="hallmark")
            refused(answer)

    def test_with_another_size(self, house, of):
        """How long a page is, is no part of which list it is; and a token is good more than once."""
        everything = flat(read(house.auditor, of))
        first = json.loads(page(house.auditor, of, "maxResults=2").body)
        begun = [entry[of.key] for entry in first[of.member]]
        for size in (1, 3, 25, 1):
            shown = json.loads(page(house.auditor, of, f"maxResults={size}", first["nextToken"]).body)
            keys = [entry[of.key] for entry in shown[of.member]]
            assert len(keys) <= size
            assert begun + keys == everything[: len(begun) + len(keys)]

    def test_of_the_same_filter_in_another_order(self, house):
        of = LISTS["profiles"]
        one, other = "statuses=Active&statuses=Canceled", "statuses=Canceled&statuses=Active"
        token = first_token(house.auditor, of, one)
        assert entries(page(house.auditor, of, other, token)) == entries(page(house.auditor, of, one, token))

    def test_on_another_replica(self, house, composed, twin, of):
        """Page by page from one replica and the other in turn."""
        here, there = f":{composed.ports[8080]}", f":{twin.ports[8080]}"
        elsewhere = Sender({name: value.replace(here, there) for name, value in house.first["auditor"].items()})
        assert elsewhere.url != house.auditor.url
        everything, found, token = flat(read(house.auditor, of)), [], None
        for replica in islice(cycle((house.auditor, elsewhere)), MANY):
            shown = json.loads(page(replica, of, "maxResults=2", token).body)
            found += [entry[of.key] for entry in shown[of.member]]
            if (token := shown.get("nextToken")) is None:
                break
        assert found == everything

    def test_after_a_restart(self, house, composed):
        tokens = {name: first_token(house.auditor, of, "") for name, of in LISTS.items()}
        expected = {name: entries(page(house.auditor, of, token=tokens[name])) for name, of in LISTS.items()}
        composed.end()
        composed.serve()
        assert expected == {
            name: entries(page(house.auditor, of, token=tokens[name])) for name, of in LISTS.items()
        }
