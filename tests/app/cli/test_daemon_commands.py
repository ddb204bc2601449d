import json

from tests.app.cli.running import medic
from tests.harness import until


def answer(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def whole(daemon):
    """Wait until both workers run and the collectors have seen the queue."""
    return until(lambda: medic(daemon, "status").exit_code == 0, what="status is well")


def test_status_shows_pools_queues_and_that_all_is_well(daemon):
    whole(daemon)
    lines = medic(daemon, "status").output.splitlines()
    assert lines[0].endswith(": well")
    pool = next(line for line in lines if line.startswith("pair"))
    assert pool.split()[:3] == ["pair", "2", "2"]
    assert any(line.startswith("orders  embedded  yes") for line in lines)
    assert "healing is not paused" in lines


def test_status_as_json_is_the_daemons_answer(daemon):
    whole(daemon)
    status = answer(medic(daemon, "status", "--json"))
    assert status["problems"] == []
    assert {pool["pool"] for pool in status["pools"]} == {"pair", "queue-server"}


def test_a_pause_is_a_problem_that_status_and_check_tell_until_it_is_resumed(daemon):
    whole(daemon)
    paused = medic(daemon, "pause", "--for", "30m", "--why", "moving house")
    assert paused.output == "paused the healing of everything for 30m: moving house\n"
    try:
        status = medic(daemon, "status")
        assert status.exit_code == 1
        assert "moving house" in status.output
        check = medic(daemon, "check")
        assert check.exit_code == 1
        assert "✗ healing: paused" in check.output
    finally:
        resumed = medic(daemon, "resume")
    assert resumed.output == "resumed the healing of everything\n"
    assert medic(daemon, "check").exit_code == 0


def test_a_pause_of_one_target_is_shown_and_the_rest_is_well(daemon):
    whole(daemon)
    pauses = answer(medic(daemon, "pause", "pool:pair", "--for", "1h", "--why", "x", "--json"))["pauses"]
    try:
        assert [(pause["target"], pause["why"]) for pause in pauses] == [("pool:pair", "x")]
        refused = medic(daemon, "heal", "run", "pool:pair")
        assert refused.exit_code == 1
        assert "pause" in refused.output
    finally:
        assert medic(daemon, "resume", "pool:pair").exit_code == 0


def test_a_dry_run_of_a_pause_pauses_nothing(daemon):
    result = medic(daemon, "pause", "--for", "30m", "--why", "x", "--dry-run")
    assert result.output == "would pause the healing of everything for 30m: x\n"
    assert answer(medic(daemon, "status", "--json"))["pauses"] == []


def test_check_counts_and_shows_each_check(daemon):
    whole(daemon)
    lines = medic(daemon, "check").output.splitlines()
    assert all(line.startswith("✓ ") for line in lines[:-1])
    assert lines[-1] == f"{len(lines) - 1}/{len(lines) - 1} checks passed (100%)"
    shown = answer(medic(daemon, "check", "--json"))
    assert shown["passed"] == shown["total"] == len(shown["checks"])


def test_explain_shows_why_nothing_is_healed(daemon):
    result = medic(daemon, "explain", "pool:pair")
    assert result.exit_code == 0
    assert "pool:pair" in result.output
    assert answer(medic(daemon, "explain", "Never", "--json"))["of"] == "Never"


def test_workers_are_listed_with_their_processes(daemon):
    whole(daemon)
    rows = [line.split() for line in medic(daemon, "workers", "list").output.splitlines()[1:]]
    assert sorted(row[:2] for row in rows) == [
        ["pair/1", "running"],
        ["pair/2", "running"],
        ["queue-server/1", "running"],
    ]
    assert {int(row[2]) for row in rows} == set(daemon.workers())


def test_ensure_asks_the_daemon_and_changes_nothing_that_is_well(daemon):
    whole(daemon)
    before = daemon.workers()
    changes = answer(medic(daemon, "workers", "ensure", "--json"))["changes"]
    assert {change["do"] for change in changes} == {"keep"}
    assert daemon.workers() == before


def test_a_dry_run_of_a_restart_says_what_and_restarts_nothing(daemon):
    whole(daemon)
    before = daemon.workers("pair")
    result = medic(daemon, "workers", "restart", "pair", "--dry-run")
    assert [line.split()[:2] for line in result.output.splitlines()[1:]] == [
        ["restart", "pair/1"],
        ["restart", "pair/2"],
    ]
    assert daemon.workers("pair") == before


def test_one_worker_is_restarted_alone(daemon):
    whole(daemon)
    before = daemon.workers("pair")
    result = medic(daemon, "workers", "restart", "worker:pair/2")
    assert result.exit_code == 0, result.output
    after = until(lambda: len(found := daemon.workers("pair")) == 2 and found)
    assert len({*before} & {*after}) == 1


def test_a_pool_is_scaled_and_scaled_back(daemon):
    whole(daemon)
    assert medic(daemon, "workers", "scale", "pair", "1").exit_code == 0
    assert len(until(lambda: len(found := daemon.workers("pair")) == 1 and found)) == 1
    assert medic(daemon, "workers", "scale", "pool:pair", "2").exit_code == 0
    assert len(until(lambda: len(found := daemon.workers("pair")) == 2 and found)) == 2


def test_what_an_operator_stops_stays_stopped_until_it_is_started(daemon):
    whole(daemon)
    assert medic(daemon, "workers", "stop", "worker:pair/1").exit_code == 0
    until(lambda: len(daemon.workers("pair")) == 1)
    assert medic(daemon, "status").output.splitlines()[-1].startswith("stopped by an operator: worker:pair/1")
    assert "stopped by an operator: worker:pair/1" in medic(daemon, "check").output
    ensured = answer(medic(daemon, "workers", "ensure", "pair", "--json"))["changes"]
    assert [change["do"] for change in ensured] == ["hold", "keep"]
    assert medic(daemon, "workers", "start", "worker:pair/1").exit_code == 0
    until(lambda: len(daemon.workers("pair")) == 2)


def test_a_target_that_is_none_is_wrong_use_and_one_that_is_not_there_is_refused(daemon):
    for arguments, code, words in (
        (("workers", "restart", "unit:x"), 1, "unit:x"),
        (("workers", "restart", "none"), 1, "none"),
        (("workers", "ensure", "host:x"), 2, "is not a target"),
        (("workers", "ensure", "worker:pair/1"), 2, "is not a pool: write its name (rpa)"),
        (("heal", "run", "nonsense"), 2, "'nonsense' is not a target"),
        (("heal", "approve", "999"), 1, "999"),
        (("pause", "pool:pear", "--for", "1m", "--why", "x"), 1, "pool:pear is declared nowhere"),
        (("jobs", "history", "flog"), 1, "there is no job 'flog'; the jobs are: "),
    ):
        result = medic(daemon, *arguments)
        assert result.exit_code == code, arguments
        assert words in result.output


def test_jobs_are_listed(daemon):
    listed = medic(daemon, "jobs", "list").output.splitlines()
    assert [line.split()[0] for line in listed] == ["JOB", "health-check", "canary", "report", "flag"]


def test_a_job_is_run_by_hand_and_every_run_remembered(daemon):
    failed = medic(daemon, "jobs", "run", "flag")
    assert failed.exit_code == 1
    assert failed.output.startswith("flag: failed (exit 1")
    assert medic(daemon, "status").exit_code == 1
    (daemon.folder / "flag").touch()
    assert medic(daemon, "jobs", "run", "flag").output == "flag: done\n"
    history = answer(medic(daemon, "jobs", "history", "flag", "--json"))
    assert [run["state"] for run in history] == ["done", "failed"]
    assert len(answer(medic(daemon, "jobs", "history", "flag", "--limit", "1", "--json"))) == 1
    assert medic(daemon, "jobs", "history", "flag").output.splitlines()[1].split()[3] == "done"


def test_a_job_that_is_not_there_is_told(daemon):
    result = medic(daemon, "jobs", "run", "no such/job")
    assert result.exit_code == 1
    assert "no such/job" in result.output


def test_tasks_are_submitted_and_counted(daemon):
    whole(daemon)
    submitted = answer(medic(daemon, "queue", "submit", "order", '{"n": 1}', "--count", "3", "--json"))
    assert len(set(submitted["ids"])) == 3
    stats = answer(medic(daemon, "queue", "stats", "orders", "--json"))
    assert stats["pending"] >= 3
    assert medic(daemon, "queue", "stats").output.splitlines()[1].startswith("orders")


def test_a_payload_that_is_no_json_is_wrong_use(daemon):
    result = medic(daemon, "queue", "submit", "order", "{bad")
    assert result.exit_code == 2
    assert "'{bad' is not JSON" in result.output


def test_a_queue_that_is_not_there_is_told(daemon):
    result = medic(daemon, "queue", "stats", "other")
    assert result.exit_code == 1
    assert result.output == "there is no embedded queue 'other'; name one of orders\n"


def test_a_report_is_written_from_the_daemons_facts(daemon):
    whole(daemon)
    file = answer(medic(daemon, "report", "--json"))["report"]
    assert file.startswith(str(daemon.state / "reports"))
    assert medic(daemon, "report", "--dry-run").output == f"would write a report into {daemon.state}/reports\n"


def test_a_test_that_reaches_nobody_is_not_well(daemon):
    result = medic(daemon, "notify", "test")
    assert result.exit_code == 1
    assert "name somebody under notify:" in result.output


def test_the_history_of_heals_is_a_list(daemon):
    assert isinstance(answer(medic(daemon, "heal", "history", "--json")), list)


def test_a_heal_that_an_operator_orders_stands_in_the_history_with_its_name(daemon):
    whole(daemon)
    result = medic(daemon, "heal", "run", "worker:pair/1", "--dry-run")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("would restart worker:pair/1")


def test_a_breaker_is_reset(daemon):
    assert medic(daemon, "heal", "reset", "pool:pair").output == (
        "the failures of pool:pair are forgotten, its breaker is closed\n"
    )
    assert medic(daemon, "heal", "reset", "pool:pair", "--dry-run").output.startswith("would close the breaker")


def test_a_token_that_may_not_be_read_forbids_orders_and_not_questions(daemon, tmp_path):
    whole(daemon)
    twin = type(daemon)(tmp_path, daemon.config)
    twin.write()
    twin.state.mkdir()
    (twin.state / "medic.lock").write_bytes((daemon.state / "medic.lock").read_bytes())
    assert medic(twin, "status").exit_code == 0
    refused = medic(twin, "resume")
    assert refused.exit_code == 1
    assert "the token is in the file `token`" in refused.output
