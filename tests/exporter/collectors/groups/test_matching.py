import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.groups.matching import place, render
from exporter.collectors.groups.spec import Group

PIDFILE = Path("/run/z.pid")


@dataclass(frozen=True)
class Subject:
    """A process as it is asked about."""

    pid: int = 42
    comm: str = "nginx"
    argv: tuple = ("nginx: master process /usr/sbin/nginx",)
    program: str = "/usr/sbin/nginx"
    units: tuple = ("system.slice", "nginx.service")


def pattern(text):
    return re.compile(text)


def fits(group, subject=Subject(), pidfiles=None):
    return place([group], subject, pidfiles or {}) is not None


@pytest.mark.parametrize(
    ("selector", "yes"),
    [
        ({"match": pattern("nginx")}, True),
        ({"match": pattern("ngin")}, False),
        ({"match": pattern("ng.*")}, True),
        ({"comm": ("apache2", "nginx")}, True),
        ({"comm": ("ngin",)}, False),
        ({"exe": ("nginx",)}, True),
        ({"exe": ("/usr/sbin/nginx",)}, False),
        ({"cmdline": (pattern("master process"),)}, True),
        ({"cmdline": (pattern("master"), pattern("worker"))}, False),
        ({"unit": "nginx.service"}, True),
        ({"unit": "ssh.service"}, False),
        ({"match": pattern("nginx"), "unit": "ssh.service"}, False),
    ],
)
def test_a_process_belongs_to_a_group_when_it_fulfils_all_that_is_given(selector, yes):
    assert fits(Group("x", **selector)) is yes


def test_a_long_name_is_cut_by_the_kernel_and_so_the_program_counts_too():
    subject = Subject(comm="prometheus-node", program="/usr/bin/prometheus-node-exporter")
    assert fits(Group("x", match=pattern("prometheus-node-exporter")), subject)
    assert fits(Group("x", match=pattern("prometheus-node")), subject)


def test_a_program_that_was_replaced_on_disk_is_still_that_program():
    assert fits(Group("x", match=pattern("server")), Subject(comm="x", program="/opt/server (deleted)"))


def test_a_program_that_we_may_not_know_is_none():
    assert not fits(Group("x", match=pattern(".*")), Subject(comm="\n", program=""))


def test_an_exe_with_a_slash_is_the_whole_first_word():
    subject = Subject(argv=("/usr/bin/python3", "-m", "x"))
    assert fits(Group("x", exe=("/usr/bin/python3",)), subject)
    assert fits(Group("x", exe=("python3",)), subject)
    assert not fits(Group("x", exe=("/bin/python3",)), subject)


def test_a_thread_of_the_kernel_has_no_command_line_to_match():
    subject = Subject(comm="kswapd0", argv=(), program="", units=())
    assert not fits(Group("x", cmdline=(pattern(".+"),)), subject)
    assert not fits(Group("x", exe=("kswapd0",)), subject)
    assert fits(Group("x", comm=("kswapd0",)), subject)


def test_a_pid_file_names_one_process():
    group = Group("z", pidfile=PIDFILE)
    assert fits(group, pidfiles={PIDFILE: 42})
    assert not fits(group, pidfiles={PIDFILE: 43})
    assert not fits(group)


def test_the_first_group_that_fits_wins():
    groups = [Group("a", comm=("x",)), Group("b", comm=("nginx",)), Group("c", comm=("nginx",))]
    assert place(groups, Subject(), {}) == "b"
    assert place([], Subject(), {}) is None


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("web", "web"),
        ("{{.Comm}}", "python3"),
        ("{{ .ExeBase }}", "gunicorn"),
        ("{{.ExeFull}}", "/opt/gunicorn"),
        ("{{.Comm}}:{{.Matches.port}}", "python3:8080"),
        ("x{{.Matches.none}}", "x"),
    ],
)
def test_templates_are_filled_with_what_is_known_of_the_process(template, name):
    subject = Subject(comm="python3", argv=("/opt/gunicorn", "--port", "8080"))
    group = Group(template, cmdline=(pattern(r"--port (?P<port>\d+)"),))
    assert place([group], subject, {}) == name


def test_a_process_without_a_command_line_has_its_name_for_it():
    assert render("{{.ExeFull}}", Subject(argv=()), {}) == "nginx"


def test_what_need_not_be_known_is_not_asked_for():
    class Silent:
        pid = 42
        comm = "nginx"

        def __getattr__(self, name):
            raise AssertionError(f"{name} was asked for")

    assert place([Group("a", match=pattern("nginx"))], Silent(), {}) == "a"
    assert place([Group("a", comm=("x",), cmdline=(pattern("."),), unit="x")], Silent(), {}) is None


@given(st.lists(st.text(max_size=20), max_size=3), st.text(max_size=15), st.text(max_size=15))
def test_any_process_has_its_place_or_none(argv, comm, program):
    subject = Subject(comm=comm, argv=tuple(argv), program=program)
    groups = [Group("{{.ExeBase}}", match=pattern("a+")), Group("b", cmdline=(pattern("b"),), exe=("c",))]
    found = place(groups, subject, {})
    assert found is None or isinstance(found, str)
