import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.matchers import matches, parse_matcher
from medic.core.errors import MedicError
from medic.core.samples import labels

LABELS = labels(alertname="QueueStalled", queue="default", path="/a b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('queue="default"', True),
        ("queue=default", True),
        ('queue = "other"', False),
        ('queue!="other"', True),
        ('queue=~"def.*"', True),
        ('queue=~"def"', False),
        ('queue!~"def"', True),
        ('queue=~"other|default"', True),
        ('missing=""', True),
        ('missing!=""', False),
        ('missing=~".+"', False),
        ('path="/a b"', True),
        (r'path=~"/a\sb"', True),
    ],
)
def test_a_matcher_compares_as_alertmanagers_does(text, expected):
    assert matches([parse_matcher(text)], LABELS) is expected


@pytest.mark.parametrize("text", ["", "queue", '"queue"="a"', 'queue=="a"', "1x=a", 'queue="a', 'queue=~"("', "a=b c"])
def test_what_is_no_matcher_is_refused_with_advice(text):
    with pytest.raises(MedicError, match=r"write|mend"):
        parse_matcher(text)


def test_all_matchers_must_hold_and_none_match_everything():
    both = [parse_matcher('queue="default"'), parse_matcher('alertname="Other"')]
    assert not matches(both, LABELS)
    assert matches([], LABELS)


@given(st.text(alphabet=st.characters(blacklist_characters='"\\\n', blacklist_categories=["Cs"]), max_size=20))
def test_a_quoted_value_means_itself(value):
    matcher = parse_matcher(f'x="{value}"')
    assert matcher.holds(value)
    assert parse_matcher(str(matcher)) == matcher
    assert not matcher.holds(value + "!")
