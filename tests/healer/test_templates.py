import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.templates import MissingLabelError, parse_argument, parse_template, render
from medic.core.errors import MedicError
from medic.core.targets import HOST, parse_target


def test_placeholders_are_filled_in_with_labels_and_the_target():
    template = parse_template("pool:{{ labels.pool }}-{{labels.zone}}")
    assert render(template, {"pool": "rpa", "zone": "eu"}) == "pool:rpa-eu"
    assert render(parse_template("{{ target }} {{ target.name }}"), {}, parse_target("unit:x")) == "unit:x x"
    assert render(parse_template("{{ target.name }}"), {}, HOST) == "host"


@pytest.mark.parametrize("labels", [{}, {"pool": ""}])
def test_a_missing_or_empty_label_is_an_error_and_never_an_empty_text(labels):
    with pytest.raises(MissingLabelError, match=r"needs labels\.pool"):
        render(parse_template("pool:{{ labels.pool }}"), labels)


@pytest.mark.parametrize("text", ["{{ label.x }}", "{{ labels.x", "}}", "{{}}", "{{ labels.x | upper }}", "{{ 1+1 }}"])
def test_other_braces_are_refused(text):
    with pytest.raises(MedicError, match="write"):
        parse_template(text)


@pytest.mark.parametrize("text", ["a{{ labels.x }}", "{{ labels.x }}b", "{{ labels.x }}{{ labels.y }}"])
def test_an_argument_is_a_literal_or_one_placeholder(text):
    with pytest.raises(MedicError, match="exactly one"):
        parse_argument(text)
    assert parse_argument("{{ labels.x }}").single
    assert parse_argument("literal").literal


@given(st.text(min_size=1))
def test_what_a_label_holds_is_never_read_as_a_template(value):
    assert render(parse_argument("{{ labels.x }}"), {"x": value}) == value
