from pathlib import Path

import pytest

from exporter.files import CHUNK, read, read_or_none


def test_a_file_larger_than_a_chunk_is_read_whole(tmp_path):
    path = tmp_path / "large"
    path.write_text("0123456789" * CHUNK)
    assert len(read(str(path))) == 10 * CHUNK


def test_a_file_that_the_kernel_gives_in_pieces_is_read_whole():
    smaps = Path("/proc/self/smaps").read_text(encoding="utf-8")
    assert read("/proc/self/smaps").count("VmFlags") == pytest.approx(smaps.count("VmFlags"), abs=5)


def test_bytes_that_are_no_text_are_replaced(tmp_path):
    path = tmp_path / "bytes"
    path.write_bytes(b"a\xffb")
    assert read(str(path)) == "a\ufffdb"


def test_a_missing_file_raises_or_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(str(tmp_path / "none"))
    assert read_or_none(str(tmp_path / "none")) is None
    assert read_or_none(str(tmp_path)) is None
