import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.templates import Facts, Row, TemplateError, compile_template
from rules.templates.printing import shortest
from tests.rules import promtool

LABELS = {"__name__": "x", "job": "a", "instance": "db-1.example.com:9100", "n": "1536"}
VALUE = 1234567.0
ROWS = [Row({"__name__": "x", **LABELS}, VALUE)]

PRINTED = {
    "plain": "plain",
    "": "",
    "{{ $value }}": "1.234567e+06",
    "{{ .Value }} {{ $.Value }}": "1.234567e+06 1.234567e+06",
    "{{ $labels.job }}/{{ .Labels.job }}/{{ $.Labels.job }}": "a/a/a",
    "[{{ $labels.nope }}]": "[]",
    "{{ $labels }}": "map[__name__:x instance:db-1.example.com:9100 job:a n:1536]",
    "[{{ $externalLabels.x }}{{ $externalURL }}]": "[]",
    "{{ 3 }} {{ 3.0 }} {{ 2.5 }} {{ 0x10 }} {{ 1_000 }} {{ 'a' }} {{ true }}": "3 3 2.5 16 1000 97 true",
    "{{ 123456.0 }} {{ 1e21 }} {{ 1.5e-7 }} {{ 0.0001 }} {{ -0.5 }}": "123456 1e+21 1.5e-07 0.0001 -0.5",
    '{{ "a\\t\\u00e9\\x41\\"" }}{{ `b\\` }}': "a\té" + 'A"b\\',
    'a {{- "b" -}} c {{ "d" -}} \n e': "abc de",
    "a{{/* }} */}}b {{- /* c */ -}} d": "abd",
    '{{ if eq $labels.job "a" }}yes{{ else }}no{{ end }}': "yes",
    '{{ if eq $labels.job "b" "a" }}yes{{ end }}': "yes",
    '{{ if ne $labels.job "a" }}1{{ else if gt $value 1e6 }}2{{ else }}3{{ end }}': "2",
    "{{ if .Labels.nope }}1{{ else }}0{{ end }}": "0",
    '{{ if and $labels.job (or "" $labels.nope "x") }}1{{ end }}': "1",
    "{{ if not $labels.nope }}1{{ end }}": "1",
    '{{ if and (ge 2 2) (le 1.5 2.5) (lt "a" "b") }}1{{ end }}': "1",
    "{{ with $labels.job }}{{ . }}{{ end }}{{ with $labels.nope }}x{{ else }}y{{ end }}": "ay",
    '{{ $x := $labels.job }}{{ if true }}{{ $x = "c" }}{{ $y := 1 }}{{ end }}{{ $x }}': "c",
    "{{ with $x := 5 }}{{ $x }}{{ . }}{{ end }}": "55",
    "{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}": (
        "__name__=x;instance=db-1.example.com:9100;job=a;n=1536;"
    ),
    '{{ range query "x" }}{{ .Labels.job }}:{{ .Value }}{{ end }}': "a:1.234567e+06",
    '{{ range $i, $r := query "x" }}{{ $i }}{{ $r.Labels.job }}{{ else }}none{{ end }}': "0a",
    '{{ range query "nothing" }}x{{ else }}none{{ end }}': "none",
    '{{ query "x" | first | value | humanize }} {{ query "x" | first | label "job" }}': "1.235M a",
    '{{ with query "x" }}{{ . | first | value }}{{ end }}{{ len (query "x") }}': "1.234567e+061",
    '{{ range sortByLabel "job" (query "x") }}{{ . }}{{ end }}': (
        "{map[__name__:x instance:db-1.example.com:9100 job:a n:1536] 1.234567e+06}"
    ),
    '{{ printf "query %s" (query "x" | first | label "job") }}': "query a",
    "{{ $value | humanize }} {{ humanize 0.0123 }} {{ humanize 0.0 }} {{ humanize -5e13 }}": "1.235M 12.3m 0 -50T",
    "{{ $value | humanize1024 }} {{ humanize1024 1.0 }} {{ humanize1024 $labels.n }}": "1.177Mi 1 1.5ki",
    "{{ humanizeDuration 3661.0 }} {{ humanizeDuration 90061.5 }} {{ humanizeDuration 61.0 }}": (
        "1h 1m 1s 1d 1h 1m 1s 1m 1s"
    ),
    "{{ humanizeDuration 5.25 }} {{ humanizeDuration 0.0 }} {{ humanizeDuration -0.0023 }}": ("5.25s 0s -2.3ms"),
    "{{ humanizePercentage 0.1234567 }} {{ humanizePercentage 1.0 }}": "12.35% 100%",
    "{{ humanizeTimestamp 4.1 }} {{ humanizeTimestamp 0.035 }} {{ humanizeTimestamp -2.0501 }}": (
        "1970-01-01 00:00:04.099 +0000 UTC 1970-01-01 00:00:00.035 +0000 UTC 1969-12-31 23:59:57.95 +0000 UTC"
    ),
    "{{ humanizeTimestamp 1435065584.128 }} {{ humanizeTimestamp 0.0 }}": (
        "2015-06-23 13:19:44.128 +0000 UTC 1970-01-01 00:00:00 +0000 UTC"
    ),
    '{{ "abc def" | title }} {{ "Ab" | toUpper }} {{ "Ab" | toLower }}': "Abc Def AB ab",
    "{{ $labels.instance | stripPort }}": "db-1.example.com",
    '{{ match "a+b" "xaab" }} {{ reReplaceAll "(\\\\w+)\\\\.(.*)" "$2 ${1}" "db.example" }}': "true example db",
    '{{ parseDuration "1h30m" }}': "5400",
    '{{ len "é" }} {{ index $labels "job" }} {{ $labels.job | len }}': "2 a 1",
    '{{ print 1 2 "a" 3.5 true }}|{{ println "a" 1 }}|{{ print }}': "1 2a3.5 true|a 1\n|",
    '{{ printf "%v %6.2f|%-8s|%05d|%+d|%x|%q|%g|%e|%t" 1e6 2.5 "ab" 42 7 255 "a\\"b" 1e6 1e6 true }}': (
        '1e+06   2.50|ab      |00042|+7|ff|"a\\"b"|1e+06|1.000000e+06|true'
    ),
    '{{ printf "%.1f%% %s %5s|%.2s|%x|%08.3f|% d" $value $labels.job "x" "abc" "hi" 3.14159 5 }}': (
        "1234567.0% a     x|ab|6869|0003.142| 5"
    ),
    '{{ printf "%d %s %f" "a" 2.5 3 }}|{{ printf "%d" }}|{{ printf "a" 1 2.5 }}': (
        "%!d(string=a) %!s(float64=2.5) %!f(int=3)|%!d(MISSING)|a%!(EXTRA int=1, float64=2.5)"
    ),
    '{{ 5 | printf "%d" }}{{ (printf "%d" 6) }}': "56",
    '{{ urlquery "a b&c" }}': "a+b%26c",
}


def facts(value=VALUE, query=lambda text: ROWS if text == "x" else []):
    return Facts(LABELS, value, query=query)


@pytest.mark.parametrize("source", PRINTED)
def test_a_template_prints(source):
    assert compile_template(source).expand(facts()) == PRINTED[source]


@pytest.mark.needs("promtool")
def test_prometheus_prints_the_same(tmp_path):
    notes = {f"t{number}": source for number, source in enumerate(PRINTED)}
    texts = {f"t{number}": text for number, text in enumerate(PRINTED.values())}
    rule = {"alert": "A", "expr": "x > 0", "annotations": notes}
    own = {name: text for name, text in LABELS.items() if name != "__name__"}
    series = "x{" + ",".join(f'{name}="{text}"' for name, text in own.items()) + "}"
    case = {
        "interval": "1m",
        "input_series": [{"series": series, "values": f"{VALUE:.0f}x5"}],
        "alert_rule_test": [
            {"eval_time": "1m", "alertname": "A", "exp_alerts": [{"exp_labels": own, "exp_annotations": texts}]}
        ],
    }
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": [rule]}]}))
    (tmp_path / "test.yml").write_text(json.dumps({"rule_files": ["rules.yml"], "tests": [case]}))
    status, told = promtool.run("test", "rules", "test.yml", cwd=tmp_path)
    assert status == 0, told


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{{ if gt $value 1 }}x{{ end }}", "incompatible types for comparison: float64 and int"),
        ("{{ .Nope }}", "can't evaluate field Nope"),
        ("{{ $value.x }}", "can't evaluate field x in type float64"),
        ("{{ nil }}", "nil is not a command"),
        ("{{ $value 1 }}", "only a function takes arguments"),
        ('{{ query "nothing" | first }}', "first() called on vector with no elements"),
        ('{{ humanize "x" }}', "'x' is not a number"),
        ('{{ humanize "1_000" }}', "'1_000' is not a number"),
        ('{{ humanize " 5" }}', "' 5' is not a number"),
        ('{{ humanize "1e400" }}', "'1e400' is not a number"),
        ('{{ query "x" }}', "a query's whole result cannot be printed"),
        ("{{ . }}", "the alert as a whole cannot be printed"),
        ("{{ humanize }}", "wrong number or kind of arguments for humanize: 0 given"),
        ('{{ reReplaceAll "(" "" "" }}', "has a group that is not closed"),
        ("{{ index $labels 1 }}", "a string is needed, not int"),
        ("{{ range $value }}{{ end }}", "range can't iterate over that"),
        ('{{ printf "%99999d" 1 }}', "asks for more than 4096 characters"),
        ("{{ humanizeTimestamp 1e300 }}", "beyond the times"),
        ("{{ humanizeTimestamp 1e10 }}", "beyond the times"),
    ],
)
def test_what_fails_at_expansion_is_told_in_the_text(source, why):
    text = compile_template(source).expand(facts())
    assert text.startswith("<error expanding template: ")
    assert why in text


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{{ $value ", "has no }}"),
        ("{{ nope }}", 'function "nope" not defined'),
        ("{{ $nope }}", 'undefined variable "$nope"'),
        ("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", 'undefined variable "$x"'),
        ("{{ if true }}x", "{{ if }} has no {{ end }}"),
        ("{{ if true }}{{ else }}x", "has no {{ end }} after its {{ else }}"),
        ("{{ else }}", "no if, with or range is open"),
        ("{{ }}", "missing value"),
        ("{{ $value * 100 }}", "unexpected '* 100 }}'"),
        ("{{ $labels.a-b }}", "unexpected"),
        ('{{ "a }}', "a quote does not end"),
        ('{{ "\\q" }}', "\\q is no escape"),
        ("{{/* x }}", "a comment does not end"),
        ("{{ (1 }}", "where ')' is needed"),
        ("{{ 1 | 2 }}", "must be a function"),
        ("{{ 099 }}", "099 is not a number"),
        ("{{ 1e999 }}", "too large"),
        ('{{ define "x" }}{{ end }}', "{{ define }} is not supported"),
        ('{{ template "x" }}', "{{ template }} is not supported"),
        ("{{ tableLink $value }}", "the template function tableLink is not supported by Medic"),
        ("{{ " + "(" * 200 + "1" + ")" * 200 + " }}", "nested deeper than 100"),
        ("{{ if 1 }}" * 200 + "{{ end }}" * 200, "nested deeper than 100"),
    ],
)
def test_what_cannot_be_read_is_refused_at_load(source, why):
    with pytest.raises(TemplateError) as caught:
        compile_template(source)
    assert why in str(caught.value)


def test_a_text_cannot_grow_without_bound():
    grows = "{{ range $labels }}{{ range $labels }}{{ range $labels }}" + "x" * 50_000 + "{{ end }}" * 3
    assert "grows beyond" in compile_template(grows).expand(facts())


def test_loops_in_loops_end_even_if_they_write_nothing():
    rows = [Row({}, 1.0)] * 1000
    endless = "{{ range query `x` }}" * 4 + "{{ end }}" * 4
    text = compile_template(endless).expand(Facts({}, 1.0, query=lambda _: rows))
    assert text == "<error expanding template: its loops go through more than 100000 elements>"


def test_where_there_are_no_series_a_query_is_an_error_in_the_text():
    text = compile_template('{{ query "up" | first | value }}').expand(Facts({}, 1.0))
    assert text == "<error expanding template: query 'up' cannot be answered here>"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_form_of_a_number_reads_back_as_the_number(value):
    assert float(shortest(value)) == value


def test_numbers_without_bounds_are_written_as_go_writes_them():
    assert [shortest(value) for value in (math.inf, -math.inf, math.nan, -0.0)] == ["+Inf", "-Inf", "NaN", "-0"]


@given(st.text(alphabet="{}$.|()\"`':=-/* \n\tabelndifrqusxyv019,", max_size=50))
def test_any_text_is_read_or_refused_and_then_expands_to_a_text(source):
    for text in (source, "{{" + source + "}}", "{{if " + source + "}}x{{end}}"):
        try:
            template = compile_template(text)
        except TemplateError:
            continue
        assert isinstance(template.expand(facts()), str)
