"""What Medic exports is what the golden file says, and what has changed is in the changelog."""

import pytest

from medic.core.samples import Family, Kind, Sample, gauge, labels
from tests.exporter.golden import ACCEPTED, CHANGELOG, FAMILIES, UNKNOWN, changed, lines, read, unmentioned
from tests.exporter.golden.everything import everything

RENEW = (
    "renew it with `python -m tests.exporter.golden`, and name each changed family under [Unreleased] in CHANGELOG.md"
)


async def test_names_types_labels_and_help_texts_are_those_of_the_golden_file(tmp_path):
    now, golden = lines(await everything(tmp_path / "house")), read(FAMILIES)
    differing = {name: (golden.get(name), now.get(name)) for name in changed(golden, now)}
    assert differing == {}, RENEW


def test_each_change_since_the_last_release_is_in_the_changelog():
    names = changed(read(ACCEPTED), read(FAMILIES))
    assert unmentioned(names, CHANGELOG.read_text()) == set()


def test_the_golden_files_are_sorted_and_hold_each_family_once():
    for file in (FAMILIES, ACCEPTED):
        names = [line.partition(" ")[0] for line in file.read_text().splitlines()]
        assert names == sorted(set(names))
        assert len(names) > 100


def test_a_family_is_a_line_of_name_type_labels_and_help():
    families = [
        gauge("b", "Help.", (labels(y="1"), 1), (labels(x="1"), 1)),
        gauge("b", "Help.", (labels(z="1"), 1)),
        Family("a_total", Kind.COUNTER, "More.", [Sample("a_total", (), 1)]),
        Family("c", Kind.HISTOGRAM, "None yet."),
    ]
    assert list(lines(families).values()) == [
        "a_total counter {} More.",
        "b gauge {x,y,z} Help.",
        f"c histogram {{{UNKNOWN}}} None yet.",
    ]


def test_a_family_that_is_told_in_two_ways_is_no_family():
    with pytest.raises(AssertionError, match="two ways"):
        lines([gauge("a", "One."), gauge("a", "Two.")])


def test_new_gone_and_altered_families_have_changed():
    assert changed({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}) == {"b", "c", "d"}


@pytest.mark.parametrize(
    ("changelog", "missing"),
    [
        ("# Changelog\n\n## [Unreleased]\n- `a_total` is new, b gone.\n\n## [1.0.0]\n- c\n", {"c"}),
        ("# Changelog\n\n## [Unreleased]\n- a_total_more\n", {"a_total", "b", "c"}),
        ("# Changelog\n\n## [1.0.0]\n- a_total, b, c\n", {"a_total", "b", "c"}),
        ("", {"a_total", "b", "c"}),
    ],
)
def test_only_the_unreleased_section_counts_and_only_whole_names(changelog, missing):
    assert unmentioned({"a_total", "b", "c"}, changelog) == missing
