from exporter.collectors.groups import tracking
from medic.core.processes import CLOCK_TICKS
from medic.core.samples import labels
from tests.exporter.collectors.groups.watched import WEB
from tests.exporter.tree import values


def test_threads_are_told_of_by_name(watched, tmp_path):
    host = watched(WEB, threads=True)
    host.run(10, name="nginx", threads=3)
    for task, name, used in ((10, "nginx", 5), (11, "pool", 7), (12, "pool", 8)):
        folder = tmp_path / "10" / "task" / str(task)
        folder.mkdir(parents=True)
        (folder / "stat").write_text(
            (tmp_path / "10/stat").read_text().replace("nginx", name).replace("250", str(used))
        )
        (folder / "wchan").write_text("ep_poll")
    told = host.told()
    rows = values(told, "namedprocess_namegroup_thread_count")
    assert rows == {labels(groupname="web", threadname="nginx"): 1, labels(groupname="web", threadname="pool"): 2}
    assert values(told, "namedprocess_namegroup_threads_wchan") == {labels(groupname="web", wchan="ep_poll"): 3}
    (tmp_path / "10/task/12/stat").write_text((tmp_path / "10/task/12/stat").read_text().replace(" 8 ", " 18 "))
    seconds = values(host.told(), "namedprocess_namegroup_thread_cpu_seconds_total")
    assert seconds[labels(groupname="web", threadname="pool", mode="user")] == 10 / CLOCK_TICKS


def test_names_of_threads_are_bounded(watched, tmp_path, monkeypatch):
    monkeypatch.setattr(tracking, "MOST_THREADS", 2)
    host = watched(WEB, threads=True)
    host.run(10, name="nginx", threads=9)
    for task in range(10, 19):
        folder = tmp_path / "10" / "task" / str(task)
        folder.mkdir(parents=True)
        (folder / "stat").write_text((tmp_path / "10/stat").read_text().replace("nginx", f"t{task}"))
    rows = {dict(each)["threadname"]: count for each, count in
            values(host.told(), "namedprocess_namegroup_thread_count").items()}  # fmt: skip
    assert len(rows) == 3
    assert sum(rows.values()) == 9
