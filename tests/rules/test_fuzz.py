"""Whatever is typed into rule files, queries, regular expressions and templates is taken, or refused by name."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.document import RuleFileError
from rules.files import parse
from rules.promql import Compat, EvaluationError, QueryError, compile_query
from rules.promql.regex import matching, translate
from rules.templates import compile_template
from rules.templates.values import TemplateError
from tests.rules import corpus
from tests.rules.promql.engine import load
from tests.rules.promql.grammar import expressions

FILES = (*corpus.GOOD.values(), *corpus.BAD.values())
QUERIES = (
    'sum by (a) (rate(x{b=~"c|d.*"}[5m] offset 1m @ end())) / on (a) group_left (e) y > bool 1.5e3',
    'max_over_time(label_replace(x, "a", "$1", "b", "(.*)")[1h:5m]) unless histogram_quantile(0.9, z_bucket)',
    'topk(3, {"a.b", c!="d"}) or count_values("v", -absent(x)) # comment',
)
EXPRESSIONS = (r"(?i:a|b)+[^\d\w-z]{2,5}\Q.*\E(?P<n>x)??$", r"\pL\x{1F600}(a*)(?-s).|^[[:^alpha:]]\b")
TEMPLATES = (
    '{{ range $i, $e := query "up > 0" }}{{ .Labels.job | toUpper }} {{ humanize $e.Value }}{{ else }}-{{ end }}',
    '{{ if and (gt $value 1.0) (ne $labels.a "b") }}{{ printf "%.2f%%" $value }}{{ else if true }}{{- `x` -}}{{ end }}',
    '{{ with $x := first (query "y") }}{{ $x | value }}{{ end }}{{/* note */}}{{ define "t" }}{{ end }}',
)
SIGNS = list(" \t\n(){}[]\"'`\\#@$%^&*+-/=!~<>|.,:;?_0123456789abefinrstxyzEI\x00é\ud800\U0001f600")
SHORT = settings(max_examples=150, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=20_000, suppress_health_check=list(HealthCheck))


def mutated(texts):
    """Return a strategy for slightly spoilt *texts*: pieces cut, doubled, swapped or replaced by signs."""

    def spoil(text, seed, edits):
        chance = random.Random(seed)
        for _ in range(edits):
            begin = chance.randrange(len(text) + 1)
            end = min(len(text), begin + chance.choice((0, 1, 1, 2, 5, 20)))
            other = chance.choice(texts)
            piece = chance.choice(
                ("", "".join(chance.choices(SIGNS, k=chance.randrange(4))), text[begin:end] * 2, other[begin : end + 3])
            )
            text = text[:begin] + piece + text[end:]
        return text

    return st.builds(spoil, st.sampled_from(texts), st.integers(0, 1 << 32), st.integers(1, 6))


def outcome(refusal, take, *given_to, **options):
    """Return what *take* gives, or its refusal, which must say something; whatever else is raised travels."""
    try:
        return take(*given_to, **options)
    except refusal as problem:
        return problem


def load_rules(text, compat):
    found = outcome(
        RuleFileError, parse, text.replace("\ud800", ""), compat=compat
    )  # what was read as UTF-8 holds none
    assert str(found) if isinstance(found, RuleFileError) else all(group.name for group in found)


def ask(text):
    query = outcome(QueryError, compile_query, text)
    if isinstance(query, QueryError):
        assert ": " in str(query)
    else:
        assert str(outcome(EvaluationError, query.answer, SERIES.view(), 300_000))


def match(text):
    for read in (translate, matching):
        pattern = outcome(QueryError, read, text)
        if isinstance(pattern, QueryError):
            assert "regular expression" in str(pattern)
        else:
            pattern.fullmatch("ab1 A.é\n" * 3)


def fill(text):
    template = outcome(TemplateError, compile_template, text)
    assert str(template) if isinstance(template, TemplateError) else template.source == text


SERIES = load('x{a="1",b="c"} 1+1x9', 'y{a="1",e="f"} 1x9', 'z_bucket{le="1"} 1x9', 'z_bucket{le="+Inf"} 2x9')
COMPATS = st.sampled_from(list(Compat))


@SHORT
@given(mutated(FILES), COMPATS)
def test_a_spoilt_rule_file_is_taken_or_refused(text, compat):
    load_rules(text, compat)


@SHORT
@given(mutated(QUERIES))
def test_a_spoilt_query_is_answered_or_refused(text):
    ask(text)


@settings(SHORT, max_examples=80)
@given(mutated(EXPRESSIONS))
def test_a_spoilt_regular_expression_is_taken_or_refused(text):
    match(text)


@SHORT
@given(mutated(TEMPLATES))
def test_a_spoilt_template_is_taken_or_refused(text):
    fill(text)


@settings(SHORT, max_examples=50)
@given(expressions(3))
def test_any_expression_of_the_language_is_answered_or_fails_by_name(text):
    ask(text)


@pytest.mark.stress
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("texts", "take"),
    [(QUERIES, ask), (EXPRESSIONS, match), (TEMPLATES, fill)],
    ids=["queries", "patterns", "templates"],
)
def test_thousands_of_spoilt_texts_are_taken_or_refused(texts, take):
    LONG(given(mutated(texts))(take))()


@pytest.mark.stress
@pytest.mark.timeout(1800)
@settings(max_examples=5000, suppress_health_check=list(HealthCheck))
@given(mutated(FILES), COMPATS)
def test_thousands_of_spoilt_rule_files_are_taken_or_refused(text, compat):
    load_rules(text, compat)
