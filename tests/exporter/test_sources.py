import os
from pathlib import Path

import pytest

from exporter.sources import CHUNK, Remembered, Source, attribute, names, number
from tests.fakes import HandClock


def test_a_source_gives_what_the_file_says_now(tmp_path):
    file = tmp_path / "file"
    file.write_text("one")
    source = Source(str(file))
    assert source.read() == "one"
    file.write_text("another")
    assert source.read() == "another"


def test_a_long_file_is_whole(tmp_path):
    file = tmp_path / "file"
    text = "0123456789" * CHUNK
    file.write_text(text)
    assert Source(str(file)).read() == text


def test_a_file_of_the_kernel_is_whole_and_new_each_time():
    uptime = Source("/proc/self/stat")
    assert uptime.read().split()[0] == str(os.getpid())
    before = uptime.read()
    sum(range(10**6))
    assert before.count(" ") == uptime.read().count(" ")


def test_a_missing_file_is_an_error_until_it_is_there(tmp_path):
    file = tmp_path / "file"
    source = Source(str(file))
    with pytest.raises(FileNotFoundError):
        source.read()
    assert source.read_or_none() is None
    file.write_text("there")
    assert source.read() == "there"


def test_a_file_that_cannot_be_read_is_opened_anew(tmp_path):
    place = tmp_path / "file"
    place.mkdir()
    source = Source(str(place))
    assert source.read_or_none() is None
    place.rmdir()
    place.write_text("a file now")
    assert source.read() == "a file now"


def test_a_source_that_nobody_has_any_more_holds_no_descriptor(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")

    def held():
        return file in {Path(os.path.realpath(each)) for each in Path("/proc/self/fd").iterdir()}

    source = Source(str(file))
    source.read()
    assert held()
    del source
    assert not held()


def test_bytes_that_are_no_text_are_replaced(tmp_path):
    (tmp_path / "file").write_bytes(b"a\xffb")
    assert Source(str(tmp_path / "file")).read() == "a\N{REPLACEMENT CHARACTER}b"
    assert attribute(str(tmp_path / "file")) == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize(("text", "value"), [("12\n", 12), ("0x1003", 0x1003), ("-1", -1), ("word", None), ("", None)])
def test_a_number_may_be_hexadecimal_and_a_word_is_none(tmp_path, text, value):
    (tmp_path / "file").write_text(text)
    assert number(str(tmp_path / "file")) == value


def test_what_is_missing_or_refuses_is_none(tmp_path):
    assert attribute(str(tmp_path / "none")) is None
    assert attribute(str(tmp_path)) is None
    assert number(str(tmp_path / "none")) is None
    assert names(str(tmp_path / "none")) == ()


def test_what_is_remembered_is_made_again_when_its_key_is_another_or_it_is_old():
    clock, made = HandClock(), iter(range(10))
    remembered = Remembered(lambda: next(made), time=clock.monotonic, age=60)
    assert [remembered.get("a"), remembered.get("a"), remembered.get("b")] == [0, 0, 1]
    clock.pass_by(seconds=59)
    assert remembered.get("b") == 1
    clock.pass_by(seconds=1)
    assert remembered.get("b") == 2
