"""Our pages beside those of the real blackbox_exporter, of the same services at the same time."""

import contextlib
import http.client
import subprocess
import threading
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from exporter.admission import admit
from exporter.exposition import render
from exporter.probes.families import families
from exporter.probes.spec import Trust
from rules.promql.regex import matching
from tests import parts
from tests.exporter.probes.asking import ask, ask_tcp
from tests.exporter.probes.differences import ABSENT
from tests.exporter.probes.services import tcp, web
from tests.harness import reserved_port, until

pytestmark = pytest.mark.needs("blackbox_exporter", "openssl")

STABLE = {
    "probe_success",
    "probe_failed_due_to_regex",
    "probe_http_status_code",
    "probe_http_version",
    "probe_http_ssl",
    "probe_http_redirects",
    "probe_http_content_length",
    "probe_http_uncompressed_body_length",
    "probe_http_last_modified_timestamp_seconds",
    "probe_ip_protocol",
    "probe_ip_addr_hash",
    "probe_ssl_earliest_cert_expiry",
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "probe_ssl_last_chain_info",
    "probe_tls_version_info",
}
"""Those whose values do not depend on the moment."""


@dataclass(frozen=True)
class Scene:
    """The services."""

    plain: int
    safe: int
    greeting: int
    silent: int
    closed: int
    authority: str


def contains(text):
    pattern = matching(f"(?s:.*)(?:{text})(?s:.*)", dot_all=False)
    return lambda body: pattern.fullmatch(body) is not None


def greet(connection):
    connection.sendall(b"220 mail.example ready\r\n")


@pytest.fixture(scope="module")
def scene(certificate):
    done = threading.Event()
    with contextlib.ExitStack() as stack:
        plain, safe = stack.enter_context(web()), stack.enter_context(web(certificate))
        greeting = stack.enter_context(tcp(greet))
        silent = stack.enter_context(tcp(lambda connection: done.wait(0.5) or connection.recv(1)))
        closed = stack.enter_context(reserved_port())
        yield Scene(plain.port, safe.port, greeting, silent, closed, str(certificate.authority))
        done.set()


LONG, SHORT = 20.0, 0.4


def over_http(path, *, safe=False, timeout=LONG, ours=None, theirs=None, host="localhost"):
    """Make a case: what blackbox_exporter is told, and what we are."""

    def case(scene):
        url = f"{'https' if safe else 'http'}://{host}:{scene.safe if safe else scene.plain}{path}"
        return (
            url,
            {"prober": "http", "timeout": f"{timeout}s", "http": {"preferred_ip_protocol": "ip4", **(theirs or {})}},
            (lambda: ask(url, timeout=timeout, **(ours(scene) if callable(ours) else ours or {}))),
        )

    return case


def over_tcp(which, *, timeout=LONG, ours=None, theirs=None):
    def case(scene):
        port = getattr(scene, which)
        tell = theirs(scene) if callable(theirs) else theirs or {}
        return (
            f"localhost:{port}",
            {"prober": "tcp", "timeout": f"{timeout}s", "tcp": {"preferred_ip_protocol": "ip4", **tell}},
            (
                lambda: ask_tcp(
                    port, host="localhost", timeout=timeout, **(ours(scene) if callable(ours) else ours or {})
                )
            ),
        )

    return case


def known(scene):
    return {"trust": Trust(ca_file=Path(scene.authority))}


CASES = {
    "a page that is well": over_http("/ok"),
    "a redirect": over_http("/redirect"),
    "a redirect that is not followed": over_http(
        "/redirect", ours={"follow_redirects": False}, theirs={"follow_redirects": False}
    ),
    "a redirect without an end": over_http("/loop"),
    "a wrong status": over_http("/bad"),
    "a wrong status that is wanted": over_http(
        "/bad", ours={"status": frozenset({500})}, theirs={"valid_status_codes": [500]}
    ),
    "no content": over_http("/empty"),
    "a body in chunks": over_http("/chunked"),
    "a body that is cut off": over_http("/short"),
    "a body that matches": over_http(
        "/ok", ours={"wanted": (contains("w.rld"),)}, theirs={"fail_if_body_not_matches_regexp": ["w.rld"]}
    ),
    "a body that does not match": over_http(
        "/ok", ours={"wanted": (contains("^bye$"),)}, theirs={"fail_if_body_not_matches_regexp": ["^bye$"]}
    ),
    "a body that matches and must not": over_http(
        "/ok", ours={"unwanted": (contains("(?i)HELLO"),)}, theirs={"fail_if_body_matches_regexp": ["(?i)HELLO"]}
    ),
    "the head alone": over_http("/ok", ours={"method": "HEAD"}, theirs={"method": "HEAD"}),
    "a page that hangs": over_http("/hang", timeout=SHORT),
    "nonsense": over_http("/nonsense"),
    "a certificate that is known": over_http("/ok", safe=True, ours=known),
    "a certificate that is not known": over_http("/ok", safe=True),
    "a certificate that is not looked at": over_http(
        "/ok", safe=True, ours={"trust": Trust(insecure=True)}, theirs={"tls_config": {"insecure_skip_verify": True}}
    ),
    "tls where there is none": over_http("/ok", safe=True, host="localhost.invalid"),
    "a port that is open": over_tcp("plain"),
    "a port that is closed": over_tcp("closed"),
    "a greeting": over_tcp(
        "greeting", ours={"expect": contains("^220 ")}, theirs={"query_response": [{"expect": "^220 "}]}
    ),
    "a greeting of another": over_tcp(
        "greeting", ours={"expect": contains("^SSH-")}, theirs={"query_response": [{"expect": "^SSH-"}]}
    ),
    "a port that is silent": over_tcp(
        "silent", timeout=SHORT, ours={"expect": contains("x")}, theirs={"query_response": [{"expect": "x"}]}
    ),
    "tls over tcp": over_tcp(
        "safe", ours=known, theirs=lambda scene: {"tls": True, "tls_config": {"ca_file": scene.authority}}
    ),
    "tls over tcp that is not known": over_tcp("safe", ours={"trust": Trust()}, theirs={"tls": True}),
    "tls with a port that speaks none": over_tcp("plain", ours={"trust": Trust()}, theirs={"tls": True}, timeout=SHORT),
}


@pytest.fixture(scope="module")
def blackbox(scene, tmp_path_factory):
    """Run blackbox_exporter with a module for each case."""
    modules = {str(number): case(scene)[1] for number, case in enumerate(CASES.values())}
    trusted = modules[str(list(CASES).index("a certificate that is known"))]
    trusted["http"]["tls_config"] = {"ca_file": scene.authority}
    folder = tmp_path_factory.mktemp("blackbox")
    (folder / "blackbox.yml").write_text(yaml.safe_dump({"modules": modules}))
    with reserved_port() as port, (folder / "log").open("wb") as log:
        address = f"127.0.0.1:{port}"
        argv = [
            parts.find("blackbox_exporter"),
            f"--config.file={folder}/blackbox.yml",
            f"--web.listen-address={address}",
        ]
        process = subprocess.Popen(argv, stdout=log, stderr=log)
        until(lambda: _answers(address, process, folder), what="blackbox_exporter answers")
        yield address
        process.terminate()
        process.wait(20)


def _answers(address, process, folder):
    assert process.poll() is None, (folder / "log").read_text()
    with contextlib.suppress(OSError, http.client.HTTPException), urllib.request.urlopen(f"http://{address}/-/healthy"):
        return True
    return False


def theirs_of(address, number, target):
    query = urllib.parse.urlencode({"module": number, "target": target})
    with urllib.request.urlopen(f"http://{address}/probe?{query}", timeout=60) as answer:
        return pages(answer.read().decode())


def pages(text):
    """Map families by name to their type and their samples: labels to value."""
    return {
        family.name: (family.type, {tuple(sorted(each.labels.items())): each.value for each in family.samples})
        for family in text_string_to_metric_families(text)
    }


@pytest.fixture(params=list(CASES), scope="module")
def both(request, scene, blackbox):
    number = list(CASES).index(request.param)
    target, _, run = CASES[request.param](scene)
    return pages(render(admit(families(run()))).body.decode()), theirs_of(blackbox, number, target)


def test_success_and_the_blame_on_patterns_agree(both):
    ours, theirs = both
    assert ours["probe_success"] == theirs["probe_success"]
    assert ours["probe_failed_due_to_regex"] == theirs["probe_failed_due_to_regex"]


def test_every_family_is_given_with_its_type_and_its_labels(both):
    ours, theirs = both
    for name, (kind, samples) in theirs.items():
        assert name in ours
        assert ours[name][0] == kind
        if ours[name][1] or name not in ABSENT:
            assert labelled(ours[name][1]) == labelled(samples), name


def test_values_that_do_not_depend_on_the_moment_are_equal(both):
    ours, theirs = both
    for name in STABLE & theirs.keys():
        if ours[name][1] or name not in ABSENT:
            assert ours[name][1] == theirs[name][1], name


def test_each_phase_that_was_reached_is_one_of_theirs(both):
    ours, theirs = both
    if "probe_http_duration_seconds" in theirs:
        assert ours["probe_http_duration_seconds"][1].keys() <= theirs["probe_http_duration_seconds"][1].keys()


def labelled(samples):
    return {tuple(name for name, _ in each) for each in samples}
