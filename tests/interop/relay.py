"""A relay of connections before a service: to several replicas in turn, with the faults that networks have."""

import contextlib
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable

THROTTLED = (
    b"HTTP/1.1 429 Too Many Requests\r\nx-amzn-errortype: TooManyRequestsException\r\nx-amzn-requestid: relay\r\n"
    b"content-type: application/json\r\ncontent-length: 23\r\nconnection: close\r\n\r\n"
    b'{"message":"Slow down"}'
)
CHUNK = 65536


class Relay:
    """Hands each connection on to the next port in turn; the next ones meet the faults that stand in `faults`.

    `refuse`: closed before anything is handed on. `drop`: the service has answered, and nobody hears it. `throttle`:
    answered as by a service that is too busy. `silence`: taken, and never answered.
    """

    def __init__(self, *ports: int, tls: ssl.SSLContext | None = None):
        self.ports = list(ports)
        self.tls = tls
        self.faults: list[str] = []
        self.always: str | None = None
        """A fault that every connection meets."""
        self.alter: Callable[[bytes], bytes] = bytes
        """What becomes of the octets that the service answers."""
        self.met: list[str] = []
        """What each connection met; `none` for those that were handed on whole."""
        self.handed_on: list[int] = []
        """The ports that connections were handed on to."""
        self.held: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket):
        fault = self.faults.pop(0) if self.faults else self.always or "none"
        self.met.append(fault)
        with contextlib.suppress(OSError, ssl.SSLError):
            if fault == "silence":
                self.held.append(client)
                return
            if fault == "refuse":
                client.close()
                return
            with self.tls.wrap_socket(client, server_side=True) if self.tls else client as near:
                if fault == "throttle":
                    near.recv(CHUNK)
                    near.sendall(THROTTLED)
                    return
                self.hand_on(near, fault == "drop")

    def hand_on(self, near: socket.socket, drop: bool):
        port = self.ports[len(self.handed_on) % len(self.ports)]
        self.handed_on.append(port)
        with socket.create_connection(("127.0.0.1", port)) as far:
            pumping = threading.Thread(target=pump, args=(near, far), daemon=True)
            pumping.start()
            try:
                while (octets := far.recv(CHUNK)) and not drop:
                    near.sendall(self.alter(octets))
            finally:
                end(near, far)
                pumping.join()

    def stop(self):
        end(self.listener)
        self.accepting.join()
        self.listener.close()
        for client in self.held:
            client.close()


def end(*sockets: socket.socket):
    """Wakes the thread that waits for a socket. Closed under a waiting thread, its number goes to the next socket, and
    a process that is stopped and continued (a machine that sleeps) then waits for that one, which is somebody else's."""
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def pump(source: socket.socket, target: socket.socket):
    with contextlib.suppress(OSError, ssl.SSLError):
        while octets := source.recv(CHUNK):
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)


def rewriting(change):
    """For `alter`: answers in JSON, with other members."""

    def alter(octets: bytes) -> bytes:
        head, _, body = octets.partition(b"\r\n\r\n")
        written = json.dumps(change(json.loads(body))).encode()
        return re.sub(rb"(?i)content-length: \d+", b"content-length: %d" % len(written), head) + b"\r\n\r\n" + written

    return alter
