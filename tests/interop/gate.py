"""A gate before what a service publishes: everything passes, unless one protocol is closed."""

import contextlib
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509


class Gate:
    """Certificates name the gate's address, so that OCSP and CRLs can be switched off one at a time, and so that the
    service behind it may move."""

    def __init__(self):
        self.port = 0
        """Where the service publishes."""
        self.closed: set[str] = set()
        """What does not pass: `ocsp`, `crl`."""
        self.root_list = "/crl/none"
        """The root's CRL, which says of issuing CAs what no OCSP does; it passes as long as one protocol is open."""
        self.passed: list[str] = []
        """The paths that were asked for and passed."""
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                gate.hand_on(self)

            do_POST = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def hand_on(self, request: BaseHTTPRequestHandler):
        protocol = request.path.split("/")[1]
        of_root = request.path.startswith(self.root_list) and len(self.closed) == 1
        if protocol in self.closed and not of_root:
            request.send_error(503)
            return
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        headers = {name: request.headers[name] for name in ("Content-Type", "Accept") if name in request.headers}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(request.command, request.path, body=body or None, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        self.passed.append(request.path)
        request.send_response(answer.status)
        request.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    @contextlib.contextmanager
    def only(self, protocol: str):
        """While this lasts, verifiers learn of revocations by this protocol alone; insists that they asked."""
        self.closed = {"ocsp", "crl"} - {protocol}
        self.passed.clear()
        try:
            yield
        finally:
            self.closed = set()
        of_leaves = [path for path in self.passed if not path.startswith(self.root_list)]
        assert any(path.startswith(f"/{protocol}") for path in of_leaves), self.passed

    def know_root(self, root: bytes):
        """Takes note of the root's certificate, in PEM."""
        serial_number = x509.load_pem_x509_certificate(root).serial_number
        self.root_list = f"/crl/{serial_number:036x}/"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
