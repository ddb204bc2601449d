import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.aliases import DEEPEST
from rules.document import RuleFileError
from rules.files import load, parse
from rules.integers import read_whole
from rules.sources import LARGEST
from tests.rules import promtool
from tests.rules.corpus import alert

CYCLES = {
    "a list in itself": "groups: &a [*a]\n",
    "a group in its rules": "groups:\n- &a {name: g, rules: [*a]}\n",
    "merged into itself": "groups:\n- &a\n  name: g\n  <<: *a\n",
    "merged in a circle": "groups:\n- &a\n  name: g\n  <<: &b\n    <<: *a\n",
    "merged in two circles": "groups:\n- &a\n  name: g\n  <<: &b\n    <<: [*b, *a]\n",
}


def ninefold(first, line):
    """Write 14 anchors, each of which holds the one before nine times."""
    return first + "".join(line(n, ",".join([f"*a{n - 1}"] * 9)) for n in range(1, 14))


BOMBS = {
    "lists of lists": ninefold("groups:\n- &a0 [x]\n", lambda n, inner: f"- &a{n} [{inner}]\n"),
    "merged mappings": ninefold(
        "groups:\n- labels: &a0 {k: v}\n", lambda n, inner: f"- {{name: g{n}, labels: &a{n} {{<<: [{inner}]}}}}\n"
    ),
    "groups with the same rules": "groups:\n- name: g\n  rules: &r\n"
    + "  - {alert: A, expr: up}\n" * 500
    + "".join(f"- {{name: g{n}, rules: *r}}\n" for n in range(500)),
    "a chain of merged mappings": "groups:\n- labels: &a0 {k: v}\n"
    + "".join(f"- labels: &a{n} {{<<: *a{n - 1}}}\n" for n in range(1, 3000)),
}
DEEP = {
    "lists": "[" * 100_000,
    "mappings": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "in a group": "groups: " + "[" * 101,
}
NUMBERS = (
    "0 -0 00 0_0 010 -010 08 09.5 0o17 0O17 -0o7 0b101 0B1 -0b11 0b1_ 0b2 0x 0x0 0x1f 0X1F +0x5 0xbb 0x_f 1__2_ _1 1_ "
    "-_1 1e3 1e18 1e19 1e30 1e999 1e-999 1.5 -1.5 .5 5. +5 9.3e18 1_000.5 1_0e1 9223372036854775807 "
    "9223372036854775808 -9223372036854775808 18446744073709551616 "
    ".nan .inf 1:30 1e + . abc 0xffffffffffffffff " + "9" * 5000
).split()


def mistakes_of(content):
    with pytest.raises(RuleFileError) as caught:
        parse(content, file="r.yml")
    return caught.value.mistakes


@pytest.mark.parametrize("name", CYCLES)
def test_an_anchor_that_holds_itself_is_refused_with_its_line(name):
    [mistake] = mistakes_of(CYCLES[name])
    assert "holds itself" in mistake.text
    assert 1 <= mistake.line <= 4


@pytest.mark.parametrize("name", BOMBS)
def test_aliases_that_multiply_are_refused_before_they_are_gone_through(name):
    [mistake] = mistakes_of(BOMBS[name])
    assert "its aliases add more than" in mistake.text or "nested deeper" in mistake.text


def test_aliases_within_reason_are_taken():
    shared = "".join(f"- {{name: g{n}, labels: *l, rules: [*r]}}\n" for n in range(1000))
    groups = parse(f"groups:\n- {{name: g, labels: &l {{a: b}}, rules: [&r {{alert: A, expr: up}}]}}\n{shared}")
    assert len(groups) == 1001


@pytest.mark.parametrize("name", DEEP)
def test_a_document_that_would_end_the_process_by_its_depth_is_refused(name):
    program = "import sys; from rules.files import parse; parse(sys.stdin.read())"
    done = subprocess.run([sys.executable, "-c", program], input=DEEP[name].encode(), capture_output=True, check=False)
    assert done.returncode == 1
    assert f"nested deeper than {DEEPEST} levels" in done.stderr.decode()


@pytest.mark.parametrize("text", NUMBERS)
def test_no_limit_whatever_does_more_than_be_refused(text):
    content = f"groups:\n- {{name: g, limit: {text}, rules: []}}\n"
    number = read_whole(text)
    if number is None:
        assert "whole number" in mistakes_of(content)[0].text
    else:
        assert parse(content)[0].limit == number


@pytest.mark.needs("promtool")
def test_promtool_takes_the_same_limits(tmp_path):
    for number, text in enumerate(NUMBERS):
        (tmp_path / f"{number}.yml").write_text(f"groups:\n- name: g\n  limit: {text}\n  rules: []\n")
    ours = {f"{number}.yml" for number, text in enumerate(NUMBERS) if read_whole(text) is not None}
    assert promtool.taken(tmp_path) == ours


def test_whole_numbers_are_read_as_go_reads_them():
    wanted = {"010": 8, "08": 8, "0xbb": 187, "0b101": 5, "1_000": 1000, "1e3": 1000, "-1.5": -1, "-0x5": -5}
    assert {text: read_whole(text) for text in wanted} == wanted


@given(st.from_regex(r"[-+]?[0-9a-fxobeEXOB_.]{1,40}", fullmatch=True))
def test_any_word_is_a_whole_number_or_none(text):
    number = read_whole(text)
    assert number is None or -(2**63) <= number < 2**63


@given(st.integers(-(2**63), 2**63 - 1))
def test_each_whole_number_of_64_bits_is_read_exactly(number):
    assert read_whole(str(number)) == read_whole(hex(number)) == read_whole(bin(number)) == number


def test_a_mistake_about_a_long_text_stays_short():
    [mistake] = mistakes_of(f"groups:\n- name: g\n  interval: {'1s' * 100_000}\n")
    assert len(mistake.text) < 3000
    assert mistake.text.endswith("(30s, 1h30m)")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_place_of_a_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.yml")
    with pytest.raises(RuleFileError, match=r"pipe\.yml:1: cannot be read: it is a pipe or a device"):
        load([tmp_path / "pipe.yml"])


def test_a_device_that_never_ends_is_refused(tmp_path):
    (tmp_path / "zero.yml").symlink_to("/dev/zero")
    with pytest.raises(RuleFileError, match="it is a pipe or a device"):
        load([tmp_path / "zero.yml"])


def test_a_file_of_absurd_size_is_not_read_whole(tmp_path):
    with (tmp_path / "large.yml").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(RuleFileError, match="larger than 16 MiB"):
        load([tmp_path / "large.yml"])


def test_one_that_cannot_be_read_does_not_keep_the_mistakes_of_others_untold(tmp_path):
    (tmp_path / "bad.yml").write_text(alert("for: x"))
    with pytest.raises(RuleFileError) as caught:
        load([tmp_path, tmp_path / "bad.yml", tmp_path / "gone.yml"])
    assert [mistake.text.split(":")[0] for mistake in caught.value.mistakes] == [
        "cannot be read",
        "for",
        "cannot be read",
    ]
