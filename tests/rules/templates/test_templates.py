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
    '{{ graphLink "up == 1" }} {{ tableLink "a&b" }}': (
        "/graph?g0.expr=up+%3D%3D+1&g0.tab=0 /graph?g0.expr=a%26b&g0.tab=1"
    ),
    "{{ toTime 1700000000.0 }} {{ (toTime 1700000000.0).Format `Mon 2 Jan 15:04` }}": (
        "2023-11-14 22:13:20 +0000 UTC Tue 14 Nov 22:13"
    ),
    "{{ $t := 1700000000.5 | toTime }}{{ $t.Unix }} {{ $t.Month }} {{ $t.Weekday }} {{ $t.Add 3600000000000 }}": (
        "1700000000 November Tuesday 2023-11-14 23:13:20.5 +0000 UTC"
    ),
    "{{ (toTime 90.0).Sub (toTime 0.5) }} {{ ((toTime 90.0).Sub (toTime 0.5)).Seconds }}": "1m29.5s 89.5",
    '{{ with args 1 "b" nil }}{{ .arg0 }}{{ .arg1 }}{{ .arg2 }}{{ .arg3 }}{{ end }}': "1b<no value><no value>",
    '{{ define "x" }}[{{ . }}]{{ end }}{{ template "x" .Labels.job }}{{ template "x" }}': "[a][<no value>]",
    '{{ block "x" .Value }}{{ $ }}{{ end }}{{ template "x" 1 }}': "1.234567e+061",
    '{{ range $k, $v := $labels }}{{ if eq $k "job" }}{{ break }}{{ end }}{{ $k }};{{ end }}': "__name__;instance;",
    '{{ range $k, $v := $labels }}{{ if eq $k "job" }}{{ continue }}{{ end }}{{ $k }};{{ end }}': (
        "__name__;instance;n;"
    ),
    "{{ . }}": ("{map[__name__:x instance:db-1.example.com:9100 job:a n:1536] map[]  1.234567e+06}"),
    '{{ query "nothing" }} {{ print (query "x" | first) }}': (
        "[] &{map[__name__:x instance:db-1.example.com:9100 job:a n:1536] 1.234567e+06}"
    ),
    '{{ print nil }} {{ printf "%v %s" nil nil }} {{ (args).x }}': "<nil> <nil> %!s(<nil>) <no value>",
    '{{ slice "abcdef" 1 3 }} {{ html "<&>" }} {{ js "a\'b" }}': "bc &lt;&amp;&gt; a\\'b",
    '{{ "\\xc3\\xa9" }}': "é",
    '{{ printf "%[2]d %[1]d|%*d|%.*f|%!|%" 1 2 }}': (
        "2 1|%!d(MISSING)|%!(BADPREC)%!f(MISSING)|%!!(MISSING)|%!(NOVERB)"
    ),
    "{{ humanizeDuration -0.0 }} {{ humanize `1_000` }}": "-0s 1k",
    """{{ title "don't stop" }} {{ toUpper "straße" }}""": "Don'T Stop STRAßE",
    '{{ stripPort "[::1]:80" }} {{ stripDomain "a.b:80" }} {{ stripDomain "10.0.0.1:80" }}': "::1 a:80 10.0.0.1:80",
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
        ('{{ humanize "1__000" }}', "error calling humanize: '1__000' is not a number"),
        ('{{ humanize " 5" }}', "' 5' is not a number"),
        ('{{ humanize "1e400" }}', "'1e400' is not a number"),
        ('{{ query "x" }}', "the address of a *template.sample is not printed"),
        ("{{ humanize }}", "wrong number of args for humanize: want 1 got 0"),
        ("{{ eq }}", "wrong number of args for eq: want at least 1 got 0"),
        ("{{ .Labels.job 1 }}", "job is not a method but has arguments"),
        ("{{ 9223372036854775808 }}", "9223372036854775808 overflows int"),
        ('{{ template "x" }}', 'template "x" not defined'),
        ('{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}', "exceeded maximum template depth (100)"),
        ("{{ range 1000000000 }}{{ end }}", "its loops go through more than 100000 elements"),
        ("{{ if false }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}", "undefined variable: $x"),
        ("{{ (toTime 0.0).Foo }}", "can't evaluate field Foo in type *time.Time: write .Add, "),
        ("{{ (toTime 0.0).Add $value }}", "expected time.Duration; got float64"),
        ("{{ (toTime 0.0).Format }}", "wrong number of args for Format: want 1 got 0"),
        ('{{ toTime "NaN" }}', "value is NaN or Inf"),
        ("{{ call $labels }}", "non-function of type map[string]string"),
        ('{{ slice "abc" 2 1 }}', "invalid slice index: 2 > 1"),
        ('{{ index "abc" 3 }}', "index out of range: 3"),
        ("{{ eq $labels $labels }}", "non-comparable type map[string]string"),
        ("{{ lt true false }}", "invalid type for comparison"),
        ('{{ printf "%d" (toTime 0.0) }}', "the inside of a *time.Time is not printed"),
        ("{{ (args nil).arg0.x }}", "nil pointer evaluating interface {}.x"),
        ('{{ reReplaceAll "(" "" "" }}', "has a group that is not closed"),
        ("{{ index $labels 1 }}", "expected string; got int"),
        ("{{ range $value }}{{ end }}", "range can't iterate over float64"),
        ('{{ printf "%9999999d" 1 }}', "writes more than 1048576 characters"),
        ('{{ $x := printf "%999999d" 1 }}{{ reReplaceAll "." $x $x }}', "a text without bound"),
        ('{{ $x := printf "%999999d" 1 }}{{ print $x $x }}', "print gives a text of more than"),
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
        ('{{ define "x" }}a{{ end }}{{ define "x" }}b{{ end }}', 'the template "x" is defined twice'),
        ('{{ if 1 }}{{ define "x" }}{{ end }}{{ end }}', "write it outside of all others"),
        ('{{ define "x" }}{{ $labels.job }}{{ end }}', 'undefined variable "$labels"'),
        ('{{ define "x" }}', "{{ define }} has no {{ end }}"),
        ("{{ template x }}", "needs a name in quotes"),
        ("{{ break }}", "{{ break }} stands outside of a range"),
        ('{{ tmpl "x" . }}', 'function "tmpl" not defined'),
        ('{{ "a".b }}', "which has no fields"),
        ('{{ print "a""b" }}', "write a blank before it"),
        ("{{ 1+2i }}", "complex numbers are not supported"),
        ("{{ /* x */ }}", "a comment follows its braces at once"),
        ("{{ .a² }}", "unexpected '.a² }}'"),
        ("{{ " + "(" * 200 + "1" + ")" * 200 + " }}", "nested deeper than 100"),
        ("{{ if 1 }}" * 200 + "{{ end }}" * 200, "nested deeper than 100"),
    ],
)
def test_what_cannot_be_read_is_refused_at_load(source, why):
    with pytest.raises(TemplateError) as caught:
        compile_template(source)
    assert why in str(caught.value)


def test_bytes_that_are_no_text_are_shown_as_json_would_carry_them():
    assert compile_template('{{ slice "é" 0 1 }}{{ "\\xff" }}').expand(facts()) == "\ufffd\ufffd"


NEWER = {
    "{{ toDuration 3600 }} {{ toDuration `1.5` }} {{ printf `%T` (toDuration 1) }}": "1h0m0s 1.5s *time.Duration",
    "{{ (toTime 0.0).Add (toDuration 90) }} {{ (toDuration 90).Minutes }}": "1970-01-01 00:01:30 +0000 UTC 1.5",
    "{{ humanizeDuration ((toTime 90.0).Sub (toTime 0.0)) }}": "1m 30s",
    "{{ now }} {{ now | toTime }}": "1.7e+09 2023-11-14 22:13:20 +0000 UTC",
    '{{ urlQueryEscape "a b&c/é" }}': "a+b%26c%2F%C3%A9",
    "{{ pathPrefix }} {{ externalURL }}": "/a b http://h:1/a%20b/",
    "{{ with false }}{{ else with 5 }}{{ . }}{{ end }}{{ range 3 }}{{ . }}{{ end }}": "5012",
}
"""What promtool 2.42 cannot confirm: from Prometheus 3's documentation and its Go; the URLs are not given to tests."""


@pytest.mark.parametrize("source", NEWER)
def test_what_came_after_prometheus_2_42_prints(source):
    known = Facts(LABELS, VALUE, external_url="http://h:1/a%20b/", at_ms=1_700_000_000_000)
    assert compile_template(source).expand(known) == NEWER[source]


@pytest.mark.parametrize("source", ["{{ now }}", "{{ toDuration 1 }}", "{{ with 0 }}{{ else with 5 }}{{ end }}"])
def test_what_prometheus_2_42_does_not_know_is_refused_for_it(source):
    compile_template(source)
    with pytest.raises(TemplateError):
        compile_template(source, classic=True)


@pytest.mark.parametrize(
    ("source", "changes", "reads_value"),
    [
        ("now and query", False, False),
        ("{{ $labels.know }} now", False, False),
        ("{{ ((print now)) }}", True, False),
        ('{{ define "x" }}{{ query `up` }}{{ end }}{{ template "x" }}', True, False),
        ("{{ range query `up` }}{{ .Value }}{{ end }}", True, True),
        ("{{ $ }}", False, True),
        ("{{ if 1 }}{{ print . }}{{ end }}", False, True),
    ],
)
def test_a_template_says_what_its_text_rests_on(source, changes, reads_value):
    template = compile_template(source)
    assert (template.changes(), template.reads_value()) == (changes, reads_value)


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
