"""Whether a node_exporter runs beside Medic, and what is said of it."""

import http.server
import logging
import subprocess
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from medic.app import neighbours
from medic.app.settings.measure import Collectors
from tests import parts
from tests.app.settings.reading import section
from tests.harness import reserved_port, until


@contextmanager
def node_exporter():
    with reserved_port() as port:
        argv = [parts.find("node_exporter"), f"--web.listen-address=127.0.0.1:{port}", "--collector.disable-defaults"]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            yield process, port
        finally:
            process.kill()
            process.communicate()


@contextmanager
def answering(body):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def settings(**system):
    return SimpleNamespace(collectors=section(Collectors, {"system": system}))


async def told(caplog, port, **system):
    with caplog.at_level(logging.INFO, logger="medic.app.neighbours"):
        await neighbours.tell(settings(**system), ("127.0.0.1", port))
    return [(each.levelname, each.message, getattr(each, "advice", "")) for each in caplog.records]


OURS = b"HTTP/1.0 200 OK\r\n\r\n<title>Node Exporter</title>"


async def test_a_node_exporter_that_exports_the_same_is_told_with_what_can_be_done(caplog):
    with answering(OURS) as port:
        ((level, message, advice),) = await told(caplog, port)
    assert (level, message) == ("WARNING", "a node_exporter runs here, too")
    assert "collectors: {system: {expose: false}}" in advice


async def test_one_to_which_the_host_is_left_is_told_without_advice(caplog):
    with answering(OURS) as port:
        assert await told(caplog, port, expose=False) == [
            ("INFO", "a node_exporter runs here, and the host's metrics are left to it", "")
        ]


@pytest.mark.parametrize("body", [b"HTTP/1.0 200 OK\r\n\r\nother 1\n", b"nonsense", b""])
async def test_of_anything_else_nothing_is_said(caplog, body):
    with answering(body) as port:
        assert await told(caplog, port) == []


async def test_where_nobody_listens_nothing_is_said(caplog):
    with reserved_port() as port:
        assert await told(caplog, port) == []


@pytest.mark.needs("node_exporter")
def test_the_real_one_is_known():
    with node_exporter() as (process, port):
        until(lambda: process.poll() is not None or neighbours.is_node_exporter("127.0.0.1", port), what="its page")
        assert neighbours.is_node_exporter("127.0.0.1", port)
