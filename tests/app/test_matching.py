import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.app.matching import read_matcher
from medic.core.errors import MedicError
from tests import parts

ROUTES = """
route:
  receiver: "no"
  routes: [{receiver: "yes", matchers: [%s]}]
receivers: [{name: "no"}, {name: "yes"}]
"""


@pytest.mark.parametrize("pattern", ["(a|a)*b", "(a*)*b", "(a+)+(a+)+b", "(.*a){20}b", r"([a-z]+)*\\d"])
def test_no_pattern_makes_an_alert_slow(pattern):
    matcher = read_matcher(f'x=~"{pattern}"')
    assert not matcher.holds("a" * 20_000)


def test_what_is_no_expression_of_re2_is_refused_with_advice():
    for pattern in ("(", "a**", "(?=a)b", r"(a)\\1"):
        with pytest.raises(MedicError, match="mend it, or write = for a literal"):
            read_matcher(f'x=~"{pattern}"')


def test_matchers_of_the_same_text_are_equal():
    assert read_matcher('x=~"(a|b)*"') == read_matcher('x=~"(a|b)*"') != read_matcher('x!~"(a|b)*"')


def received(folder, matcher, value):
    """Ask amtool which way an alert goes."""
    (folder / "routes.yml").write_text(ROUTES % repr(matcher).replace("\\\\", "\\"))
    argv = [parts.find("amtool"), "config", "routes", "test", f"--config.file={folder / 'routes.yml'}", f"x={value}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.split()[-1] == "yes"


@pytest.mark.needs("amtool")
@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("a.b", "axb"),
        ("a.b", "a\nb"),
        ("(?s)a.b", "a\nb"),
        ("(?i)A|B", "b"),
        ("a", "ab"),
        ("(a|a)*b", "aaab"),
        ("(ab?)*", "aaba"),
        (".*", ""),
        (".+", ""),
        ("[[:digit:]]+", "12"),
        ("a$|b", "b"),
    ],
)
@pytest.mark.parametrize("operator", ["=~", "!~"])
def test_an_expression_matches_what_alertmanager_matches(tmp_path, pattern, operator, value):
    text = f'x{operator}"{pattern}"'
    assert read_matcher(text).holds(value) is received(tmp_path, text, value)


@given(st.text(alphabet="ab|()*+?.", max_size=12), st.text(alphabet="ab", max_size=8))
def test_an_expression_means_what_python_takes_it_for_where_both_read_it(pattern, value):
    try:
        matcher, expected = read_matcher(f'x=~"{pattern}"'), re.compile(pattern)
    except (MedicError, re.error):
        return
    assert matcher.holds(value) is (expected.fullmatch(value) is not None)
