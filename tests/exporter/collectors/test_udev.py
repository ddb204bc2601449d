import os

from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.udev import Udev, parse


def test_only_properties_are_read():
    assert parse("S:disk/by-id/x\nE:ID_MODEL=a=b\nE:odd\nI:5\n") == {"ID_MODEL": "a=b"}


def test_a_device_is_read_again_when_its_file_is_another_one(tmp_path):
    file = tmp_path / "b8:0"
    udev = Udev(str(tmp_path))
    assert udev.properties("8:0") == {}
    file.write_text("E:ID_MODEL=one\n")
    os.utime(file, (1, 1))
    first = udev.properties("8:0")
    assert first == {"ID_MODEL": "one"}
    assert udev.properties("8:0") is first
    file.write_text("E:ID_MODEL=two\n")
    os.utime(file, (2, 2))
    assert udev.properties("8:0") == {"ID_MODEL": "two"}
    file.unlink()
    assert udev.properties("8:0") == {}


@given(st.text())
def test_any_text_is_read(text):
    assert all(name == name.partition("=")[0] for name in parse(text))
