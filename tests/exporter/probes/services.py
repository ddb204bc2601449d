"""Services to be probed, good and bad, each on a free port of the loopback and ended with its context."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests import parts

HELLO = b"hello world\nall is well\n"
MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT"


@dataclass
class Web:
    """A web server, and the requests that it was asked."""

    port: int
    scheme: str = "http"
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    """Method, target, headers in small letters, body."""
    released: threading.Event = field(default_factory=threading.Event)
    """Set when pages that hang may go."""

    def url(self, path: str = "/", host: str = "localhost") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def last(self) -> tuple[str, str, dict[str, str], bytes]:
        return self.seen[-1]


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.web.seen.append((self.command, self.path, headers, body))
        parts_ = urlsplit(self.path)
        page = getattr(self, parts_.path.strip("/") or "ok")
        with contextlib.suppress(OSError):  # a probe that has ended hears no more
            page(**{name: values[0] for name, values in parse_qs(parts_.query).items()})

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - http.server's names

    def say(self, status=200, body=HELLO, **headers):
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def ok(self, **_query):
        self.say(Last_Modified=MODIFIED)

    def bad(self):
        self.say(500)

    def empty(self):
        self.say(204, b"")

    def redirect(self):
        self.say(302, b"", Location="/ok")

    def loop(self):
        self.say(302, b"", Location="/loop")

    def away(self, to, status="302"):
        self.say(int(status), b"", Location=to)

    def chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")

    def short(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"hello")
        self.close_connection = True

    def latin(self):
        self.say(200, "Grüße".encode("latin-1"), Content_Type="text/html; charset=ISO-8859-1")

    def unheard(self):
        self.say(200, HELLO, Content_Type="text/html; charset=none-such", Last_Modified="yesterday")

    def large(self):
        self.say(200, b"x" * (2 << 20) + b"end")

    def hang(self):
        self.server.web.released.wait(60)

    def drip(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
        while not self.server.web.released.wait(0.01):
            self.wfile.write(b"x")

    def nonsense(self):
        self.wfile.write(b"what?\r\n\r\n")
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    web: Web

    def handle_error(self, *_):
        """Say nothing of probes that hang up."""


@contextlib.contextmanager
def web(certificate: "Certificate | None" = None) -> Iterator[Web]:
    server = Server(("127.0.0.1", 0), Pages)
    if certificate is not None:
        server.socket = certificate.context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.web = Web(server.server_port, "https" if certificate else "http")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.web
    finally:
        server.web.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def tcp(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a port, which is yielded, and have *talk* speak to whoever connects."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads = [threading.Thread(target=_accept, args=(listener, talk))]
    threads[0].start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        threads[0].join()
        listener.close()


def _accept(listener, talk):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            talk(connection)


@dataclass(frozen=True)
class Certificate:
    """A certificate for localhost, and the authority that a client must trust for it."""

    file: Path
    key: Path
    authority: Path

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def issue(folder: Path) -> Certificate:
    """Make an authority and have it sign a certificate with a name of many parts, which ends before the authority's."""
    made = Certificate(folder / "leaf.pem", folder / "leaf.key", folder / "ca.pem")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    authority = ["-keyout", "ca.key", "-out", made.authority, "-days", "20", "-subj", "/O=Example/CN=test authority"]
    _openssl(folder, "req", "-x509", *curve, *authority)
    subject = "/C=DE/O=Example, Inc./OU=a/OU=b/CN=localhost"
    _openssl(folder, "req", *curve, "-keyout", made.key, "-out", "leaf.csr", "-subj", subject)
    (folder / "names").write_text("subjectAltName=DNS:localhost,DNS:other.example\n")
    signing = ["-CA", made.authority, "-CAkey", "ca.key", "-CAcreateserial", "-days", "10", "-extfile", "names"]
    _openssl(folder, "x509", "-req", "-in", "leaf.csr", *signing, "-out", made.file)
    return made


def _openssl(folder, *argv):
    subprocess.run([parts.find("openssl"), *map(str, argv)], cwd=folder, check=True, capture_output=True, timeout=60)
