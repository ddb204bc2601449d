"""The same files, shown by Medic and by the real node_exporter."""

import subprocess
import time
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.admission import admit
from exporter.collectors.textfile import Textfiles
from exporter.exposition import render
from tests import parts
from tests.harness import reserved_port, until

pytestmark = pytest.mark.needs("node_exporter")

FILES = {
    "backup": "# HELP backup_seconds How long.\n# TYPE backup_seconds gauge\n"
    'backup_seconds{job="a b",} 5e-1\nplain +Inf\n',
    "escaped": '# HELP esc Two\\nlines \\\\ here.\nesc{x="q\\"\\\\\\n"} 7\n',
    "parts": '# TYPE h histogram\nh_bucket{le="0.5"} 2\nh_bucket{le="+Inf"} 4\nh_sum 3\nh_count 4\n'
    '# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 2\ns_count 3\n',
    "shared": 'plain{from="shared"} 1\n',
    "timestamp": "timed 1 1395066363000\n",
    "half": "half 1",
    "wrong": "wrong{ 1\n",
    "text": "not a metric\n",
    "typed": "# TYPE t counter\n# TYPE t gauge\nt 1\n",
    "empty": "",
    "comment": "# nothing\n",
}
OWN = ("go_", "process_", "promhttp_", "node_scrape_", "node_exporter_")


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / f"{name}.prom").write_text(text)
    return tmp_path


def their_page(folder):
    with reserved_port() as port:
        argv = [parts.find("node_exporter"), f"--web.listen-address=127.0.0.1:{port}", "--collector.disable-defaults"]
        with subprocess.Popen(
            [*argv, "--collector.textfile", f"--collector.textfile.directory={folder}"], stderr=subprocess.DEVNULL
        ) as process:
            try:
                return until(lambda: fetch(f"http://127.0.0.1:{port}/metrics"))
            finally:
                process.terminate()


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def shape(page):
    """Return type, help and samples of each family, but of the times of files the names alone."""
    return {
        family.name: (
            family.type,
            family.documentation,
            {
                (sample.name, *sorted(sample.labels.items())): None if "mtime" in sample.name else sample.value
                for sample in family.samples
            },
        )
        for family in text_string_to_metric_families(page)
        if not family.name.startswith(OWN)
    }


def test_the_same_files_are_shown_alike(folder):
    ours = render(admit(Textfiles([str(folder)], time=time.monotonic).collect())).body.decode()
    theirs = shape(their_page(folder))
    assert {"backup_seconds", "plain", "esc", "h", "s", "node_textfile_scrape_error"} <= theirs.keys()
    assert shape(ours) == theirs
