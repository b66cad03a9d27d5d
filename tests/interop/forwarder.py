"""A proxy before a service that hands each request on as it is, but for those that it is told to hold or to lose."""

import http.client
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIMEOUT_SECONDS = 120


class Server(ThreadingHTTPServer):
    request_queue_size = 128


class Forwarder:
    """`lose(method, path)`: whether a request gets no answer, and never arrives. While `open` is cleared, every request
    waits."""

    def __init__(self, url: str, lose=lambda method, path: False):
        self.target = urllib.parse.urlsplit(url).netloc
        self.lose = lose
        self.open = threading.Event()
        self.open.set()
        self.requests: list[tuple[str, str]] = []
        """Method and path of whatever was handed on."""
        self.server = Server(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open.set()
        self.server.shutdown()
        self.server.server_close()

    def handler(self):
        forwarder = self

        class Handler(BaseHTTPRequestHandler):
            def serve(self):
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                forwarder.open.wait(TIMEOUT_SECONDS)
                if forwarder.lose(self.command, self.path):
                    self.close_connection = True
                    return
                forwarder.requests.append((self.command, self.path))
                far = http.client.HTTPConnection(forwarder.target, timeout=TIMEOUT_SECONDS)
                far.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    far.putheader(name, value)
                far.endheaders(body)
                answer = far.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("date", "server", "connection", "transfer-encoding", "content-length"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                far.close()

            do_GET = do_PUT = do_POST = do_DELETE = serve

            def log_message(self, *_):
                """Says nothing."""

        return Handler
