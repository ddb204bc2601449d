from hypothesis import given
from hypothesis import strategies as st

from medic.app.commits import BOUNDS, Commits


@given(st.lists(st.floats(0, 10)))
def test_each_bucket_counts_the_commits_that_took_at_most_its_bound(seconds):
    commits = Commits()
    for each in seconds:
        commits.add(each)
    samples = {sample.name + dict(sample.labels).get("le", ""): sample.value for sample in commits.family().samples}
    for bound in BOUNDS:
        assert samples[f"medic_journal_commit_seconds_bucket{bound}"] == sum(each <= bound for each in seconds)
    assert samples["medic_journal_commit_seconds_bucket+Inf"] == len(seconds)
    assert samples["medic_journal_commit_seconds_count"] == len(seconds)
