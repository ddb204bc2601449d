import os

from exporter.collectors.uname import Uname, describe


def test_labels_are_those_of_the_system_call():
    family = describe(os.uname_result(("Linux", "host", "6.1", "#1 SMP", "x86_64")), "lan")
    assert dict(family.samples[0].labels) == {
        "sysname": "Linux",
        "nodename": "host",
        "release": "6.1",
        "version": "#1 SMP",
        "machine": "x86_64",
        "domainname": "lan",
    }
    assert family.samples[0].value == 1


def test_a_host_without_a_domain_has_no_such_label(tmp_path):
    (family,) = Uname(tmp_path).collect()
    assert "domainname" not in dict(family.samples[0].labels)
