"""Which addresses, and which names that clients use, are this machine's alone."""

import pytest

from medic.core.loopback import is_loopback, names_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]"])
def test_loopback_is_what_only_this_machine_reaches(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org", "localhost.example.org", ""])
def test_whatever_else_may_be_reached_by_others(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "header", [None, "", "127.0.0.1", "127.0.0.1:10119", "localhost:1", "LOCALHOST", "[::1]:10119", "[::1]"]
)
def test_a_client_that_means_this_machine_says_so_or_nothing(header):
    assert names_loopback(header)


@pytest.mark.parametrize(
    "header",
    ["evil.example", "evil.example:10119", "127.0.0.1.evil.example:10119", "10.0.0.1:10119", "[::]:1", ":", "x:y:z"],
)
def test_another_name_does_not_mean_this_machine(header):
    assert not names_loopback(header)
