import logging

import pytest

from exporter.collectors.gpu.expected import Expected
from tests.exporter.tree import value


def test_the_most_that_were_ever_seen_are_expected():
    expected = Expected()
    assert expected.count == 0
    for present in (2, 1, 3, 0):
        expected.learn(present)
    assert expected.count == 3


def test_what_is_configured_goes_before_what_was_seen(tmp_path):
    expected = Expected(1, tmp_path / "gpus")
    expected.learn(8)
    assert expected.count == 1
    assert Expected(None, tmp_path / "gpus").count == 8
    assert Expected(0, tmp_path / "gpus").count == 0


def test_how_many_there_are_stands_beside_how_many_there_should_be():
    expected = Expected(2)
    assert value(expected.families(1), "medic_gpu_present") == 1
    assert value(expected.families(1), "medic_gpu_expected") == 2


@pytest.mark.parametrize("text", ["", "two\n", "-1", "1e3", "99999", "²"])
def test_a_file_that_is_no_number_is_forgotten(tmp_path, text):
    (tmp_path / "gpus").write_text(text)
    expected = Expected(None, tmp_path / "gpus")
    assert expected.count == 0
    expected.learn(2)
    assert (tmp_path / "gpus").read_text() == "2\n"


def test_a_file_of_bytes_is_forgotten(tmp_path):
    (tmp_path / "gpus").write_bytes(b"\xff\xfe")
    assert Expected(None, tmp_path / "gpus").count == 0


def test_a_disk_that_takes_no_file_is_told_of_and_harms_nothing(tmp_path, caplog):
    expected = Expected(None, tmp_path / "missing" / "gpus")
    with caplog.at_level(logging.WARNING):
        expected.learn(2)
    assert expected.count == 2
    assert "cannot be kept" in caplog.text


def test_the_file_is_written_only_when_there_are_more_than_ever(tmp_path):
    expected = Expected(None, tmp_path / "gpus")
    expected.learn(2)
    (tmp_path / "gpus").unlink()
    expected.learn(2)
    expected.learn(1)
    assert not (tmp_path / "gpus").exists()
