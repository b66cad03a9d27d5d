"""Idempotency keys across deaths: a replica that is killed takes neither the job nor its reply along."""

import base64
import http.client
import itertools
import json
import threading
import urllib.parse

import pytest

from clients import PAYLOAD_FORMAT, client, new_profile, payload
from composed import Composed
from raw import JSON, Sender
from service import EXIT_SECONDS, wait_until

PATH = "/signing-jobs/with-payload"


@pytest.fixture(scope="module")
def composed(tmp_path_factory):
    composed = Composed(tmp_path_factory.mktemp("idempotency"))
    try:
        yield composed.up()
        composed.end()
    finally:
        composed.destroy()


@pytest.fixture(scope="module", params=["shared", "per-signature"])
def asking(request, composed):
    """`asking(key)`: a signed request for a signature of one of the artifacts."""
    profile = new_profile(
        client(composed.principal("admin", "SecurityAdmin")), signingParameters={"certificate": request.param}
    )
    sender = Sender(composed.principal(f"ci-{request.param}", "Signer"))

    def call(key: str, artifact: str = "ab"):
        members = {
            "profileName": profile["profileName"],
            "payload": base64.b64encode(payload("sha256:" + artifact * 32)).decode(),
            "payloadFormat": PAYLOAD_FORMAT,
        }
        body = json.dumps(members).encode()
        return sender.signed("POST", PATH, body, JSON | {"Idempotency-Key": key})

    call.sender = sender
    return call


def kill(composed):
    """As a crash would, at whatever it is doing."""
    composed.process.kill()
    composed.process.wait(EXIT_SECONDS)


def jobs(composed) -> list[str]:
    return composed.sql("SELECT job_id FROM signing_jobs ORDER BY 1").split()


def test_a_reply_outlives_the_replica_that_never_sent_it(composed, asking):
    before = set(jobs(composed))
    request = asking("lost")
    target = urllib.parse.urlsplit(request.url)
    connection = http.client.HTTPConnection(target.hostname, target.port, timeout=30)
    connection.request("POST", PATH, body=request.data, headers=dict(request.headers.items()))
    wait_until(lambda: len(jobs(composed)) > len(before), EXIT_SECONDS, "the job on record")
    kill(composed)
    connection.close()
    (job,) = set(jobs(composed)) - before
    composed.serve()
    replies = [asking.sender.transmit(asking("lost")) for _ in range(3)]
    assert {reply.status for reply in replies} == {200}, replies
    assert len({reply.body for reply in replies}) == 1
    assert json.loads(replies[0].body)["jobId"] == job
    assert set(jobs(composed)) - before == {job}


def test_killed_in_the_middle_of_everything(composed, asking):
    """Whatever was answered is answered again in the same octets; whatever was not is one job now."""
    before = len(jobs(composed))
    answered, asked, numbers = {}, set(), itertools.count()

    def ask():
        while True:
            key = f"flight-{next(numbers)}"
            asked.add(key)
            try:
                reply = asking.sender.transmit(asking(key))
            except (OSError, http.client.HTTPException):
                return
            assert reply.status == 200, reply
            answered[key] = reply.body

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(answered) > 40, EXIT_SECONDS, "signatures under way")
    kill(composed)
    for thread in threads:
        thread.join()
    assert asked - answered.keys(), "something was under way"
    composed.serve()
    again = {key: asking.sender.transmit(asking(key)) for key in asked}
    assert {reply.status for reply in again.values()} == {200}
    assert {key: again[key].body for key in answered} == answered
    assert len({json.loads(reply.body)["jobId"] for reply in again.values()}) == len(asked)
    assert len(jobs(composed)) - before == len(asked), "one job for each key"


@pytest.mark.parametrize("key", ["k\u00e9y".encode("latin-1"), "k\u00e9y".encode(), b"key\tkey", b"key, key", b"'key'"])
def test_keys_are_plain(composed, asking, key):
    """Octets that botocore would not sign as they are: folded blanks, and what is no ASCII."""
    before = jobs(composed)
    status, exception, message = asking.sender.transmit(asking(key.decode("latin-1"))).error()
    assert status in (400, 403), message
    if exception == "ValidationException":
        assert message.startswith("Idempotency-Key: "), message
    else:
        assert exception == "InvalidSignatureException", message
    assert jobs(composed) == before


def test_other_operations_pass_the_header_over(composed, asking):
    reply = asking.sender.send("GET", "/signing-platforms", headers={"Idempotency-Key": "no key at all"})
    assert reply.status == 200, reply
