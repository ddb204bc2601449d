"""Regular expressions in templates, as the real promtool expands them."""

import random

import pytest

from rules.templates import Facts, compile_template
from tests.rules.templates.oracle import differing

ATOMS = ("a", "b", "ab", ".", "[ab]", "[^a]", "", "^", "$", r"\b", r"\B", r"\w", "(?i:A)", "c")
REPEATS = ("", "", "", "*", "+", "?", "*?", "+?", "??", "{1,2}", "{2}", "{0,2}?")
TEXTS = ("", "a", "ab", "aab", "abab", "baac", "c a b", "abcabc", "aaaa", "b\na")
REPLACEMENTS = ("-", "[$1]", "<$2|$1>", "$0$0", "${1}x$$")


def expanded(text):
    return compile_template(text).expand(Facts({}, 1.0))


def invented(chance, depth=2):
    """Make an expression of groups, options and repeats, one in the other."""
    parts = []
    for _ in range(chance.randrange(1, 4)):
        part = chance.choice(ATOMS)
        if depth and chance.random() < 0.5:
            inner = "|".join(invented(chance, depth - 1) for _ in range(chance.randrange(1, 3)))
            part = f"({chance.choice(('', '', '?:'))}{inner})"
        repeat = chance.choice(REPEATS)
        parts.append(f"(?:{part}){repeat}" if repeat and not part.startswith("(") else f"{part}{repeat}")
    return "".join(parts)


def pairs(chance, number):
    for _ in range(number):
        pattern, text = invented(chance), chance.choice(TEXTS)
        yield f"{{{{ match `{pattern}` `{text}` }}}}"
        yield f"{{{{ reReplaceAll `{pattern}` `{chance.choice(REPLACEMENTS)}` `{text}` }}}}"
        yield f"{{{{ reReplaceAll `^(?s:{pattern})$` `[$1|$2|$3]` `{text}` }}}}"


@pytest.mark.needs("promtool")
def test_patterns_match_and_replace_as_in_prometheus(tmp_path):
    found = differing(tmp_path, list(pairs(random.Random(0), 60)))
    assert found[:4] == []


@pytest.mark.stress
@pytest.mark.needs("promtool")
@pytest.mark.parametrize("seed", range(1, 21))
def test_many_patterns_match_and_replace_as_in_prometheus(tmp_path, seed):
    found = differing(tmp_path, list(pairs(random.Random(seed), 300)))
    assert found[:4] == []


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{{ match "^b" "ab" }} {{ match "b" "ab" }}', "false true"),
        (r'{{ match "\\pL\\d" "é1" }} {{ match "\\d" "٣" }}', "true false"),
        ('{{ match "a.b" "a\nb" }}'.replace("\n", r"\n"), "false"),
        ('{{ reReplaceAll "a*" "-" "baac" }}', "-b-c-"),
        ('{{ reReplaceAll "(?P<host>[^:]+):.*" "$host" "db:80" }}', "db"),
    ],
)
def test_patterns_are_re2_s(template, text):
    assert expanded(template) == text


def test_what_is_no_pattern_is_said_in_the_text():
    assert "regular expression '(?=a)' uses look-around" in expanded('{{ match "(?=a)" "a" }}')


def test_no_pattern_holds_up_the_rules():  # a backtracking matcher would not end
    assert expanded(f'{{{{ match "^(a+)+$" "{"a" * 500}b" }}}}') == "false"
    assert expanded(f'{{{{ reReplaceAll "^(a|a)*b" "-" "{"a" * 500}" }}}}') == "a" * 500
