"""The verifier of these tests against the real notation, about CRLs and OCSP answers that are fetched over HTTP."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from forgery import crls, leniency
from forgery.certificate_mutations import access, points
from forgery.certificates import Hierarchy, signing_leaf
from forgery.crls import CrlDraft
from forgery.drafts import AUTHENTIC_TIME, MANIFEST, draft
from forgery.ocsp_answers import OcspDraft, revoked
from forgery.revocation_mutations import ANSWERS, HOUR, LISTS, delegated
from offline_notation import Layout, OfflineNotation


class Answers(BaseHTTPRequestHandler):
    """Answers every GET with the server's one content."""

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A server on this machine, in a thread of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.content, server.asked = b"", []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Case:
    """An envelope whose leaf names the server, as list or as responder."""

    def __init__(self, kind: str, server: ThreadingHTTPServer, home):
        self.server = server
        self.home = home
        url = f"http://127.0.0.1:{server.server_port}/{kind}"
        hierarchy = Hierarchy.of(signing_leaf())
        hierarchy.leaf.set(points(url) if kind == "crl" else access(url), False)
        self.forged = draft("jws", hierarchy.issue())
        chain = self.forged.chain
        self.answer = CrlDraft(chain[1], url) if kind == "crl" else OcspDraft(*chain[:2])

    def revoke(self, at, *extensions: bytes):
        if isinstance(self.answer, CrlDraft):
            self.answer.entries = [crls.entry(self.forged.chain[0].x509.serial_number, at, *extensions)]
        else:
            self.answer.status, self.answer.single_extensions = revoked(at), list(extensions)

    def passes(self, content: bytes) -> bool:
        """Whether notation verifies the envelope when it is answered with this."""
        self.server.content = content
        layout = Layout(self.home / "layout", MANIFEST)
        layout.sign(self.forged.seal(), self.forged.media_type)
        judge = OfflineNotation(self.home).trust(identity="*", signingAuthority=self.forged.chain[-1].pem)
        refusal = judge.refusal(layout)
        assert len(self.server.asked) == 1, self.server.asked
        return refusal is None


@pytest.fixture
def case(server, tmp_path):
    return lambda kind: Case(kind, server, tmp_path)


def cases(mutations, lenient: dict[str, str]) -> list:
    unknown = set(lenient) - {mutation.name for mutation in mutations}
    assert not unknown, f"no such mutations: {unknown}"
    return [pytest.param(mutation, mutation.name in lenient, id=mutation.name) for mutation in mutations]


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_twins(case, kind):
    judged = case(kind)
    assert judged.passes(judged.answer.seal())


def test_a_delegated_responder(case):
    judged = case("ocsp")
    delegated()(judged.answer)
    assert judged.passes(judged.answer.seal())


@pytest.mark.parametrize("mutation, lets_pass", cases(LISTS, leniency.LISTS))
def test_lists(case, mutation, lets_pass):
    judged = case("crl")
    assert judged.passes(mutation.of(judged.answer)) == lets_pass


@pytest.mark.parametrize("mutation, lets_pass", cases(ANSWERS, leniency.ANSWERS))
def test_answers(case, mutation, lets_pass):
    judged = case("ocsp")
    assert judged.passes(mutation.of(judged.answer)) == lets_pass


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
@pytest.mark.parametrize("hours, lets_pass", [(1, True), (0, False), (-1, False)])
def test_at_or_after_the_effective_time(case, kind, hours, lets_pass):
    judged = case(kind)
    at = judged.forged.protected[AUTHENTIC_TIME] + hours * HOUR
    judged.revoke(at, crls.invalidity(at))
    assert judged.passes(judged.answer.seal()) == lets_pass


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_without_invalidity_date_every_signature_is_revoked(case, kind):
    judged = case(kind)
    judged.revoke(judged.forged.protected[AUTHENTIC_TIME] + HOUR)
    assert not judged.passes(judged.answer.seal())
