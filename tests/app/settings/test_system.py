from pathlib import Path

from tests.app.settings.reading import good, wrong

ADVICE = "mount the host's there, such as -v /:/host:ro,rslave, or remove this key"


def system(text, folder=Path("/nowhere")):
    return good(text, folder).configuration.collectors.system


def test_without_a_word_the_hosts_own_files_are_read():
    found = system("{}")
    assert (found.proc, found.sys, found.root) == (Path("/proc"), Path("/sys"), Path("/"))


def test_in_a_container_they_are_where_the_host_is_mounted(tmp_path):
    for name in ("proc", "sys"):
        (tmp_path / name).mkdir()
    found = system(f"collectors: {{system: {{proc: {tmp_path}/proc, sys: sys, root: {tmp_path}}}}}", tmp_path)
    assert (found.proc, found.sys, found.root) == (tmp_path / "proc", tmp_path / "sys", tmp_path)


def test_a_place_that_is_no_folder_is_refused_with_how_to_mount_it(tmp_path):
    (tmp_path / "file").touch()
    for place in ("none", "file"):
        assert wrong(f"collectors: {{system: {{proc: {place}}}}}", tmp_path) == [
            f"medic.yml:1: collectors.system.proc: '{place}' is not a folder; {ADVICE}"
        ]
