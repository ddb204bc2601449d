import logging

from hypothesis import given
from hypothesis import strategies as st

from medic.app.commits import BOUNDS, Commits


def samples_of(commits):
    samples = [sample for family in commits.families() for sample in family.samples]
    return {sample.name + dict(sample.labels).get("le", ""): sample.value for sample in samples}


@given(st.lists(st.floats(0, 10)))
def test_each_bucket_counts_the_commits_that_took_at_most_its_bound(seconds):
    commits = Commits()
    for each in seconds:
        commits.add(each)
    samples = {key: value for key, value in samples_of(commits).items() if "commit_seconds" in key}
    for bound in BOUNDS:
        assert samples[f"medic_journal_commit_seconds_bucket{bound}"] == sum(each <= bound for each in seconds)
    assert samples["medic_journal_commit_seconds_bucket+Inf"] == len(seconds)
    assert samples["medic_journal_commit_seconds_count"] == len(seconds)


def test_a_journal_that_cannot_be_written_is_counted_each_time_and_told_once_until_it_recovers(caplog):
    caplog.set_level(logging.INFO)
    commits = Commits()
    assert samples_of(commits)["medic_journal_failures_total"] == 0
    for error in ("disk is full", "disk is full", "", "", "disk is full"):
        commits.add(0.001, error)
        assert commits.error == error
    assert samples_of(commits)["medic_journal_failures_total"] == 3
    begins, over = ("ERROR", "journal cannot be written"), ("WARNING", "journal is written again")
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [begins, over, begins]
