"""Our own scripts in Prometheus' format: constructs beyond its scripts that are at hand, worked out by hand."""

from pathlib import Path

import pytest

from tests.promqltest import run

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.test"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_evaluation_of_our_scripts_gives_what_it_expects(path):
    verdicts = list(run(path.read_text(encoding="utf-8")))
    assert [verdict for verdict in verdicts if verdict.failure or verdict.uncounted] == []
    assert len(verdicts) >= 20
