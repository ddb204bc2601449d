"""Certificates, made once a test run: they do not depend on the test."""

import pytest

from tests.certificates import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory):
    """An authority that nobody was told to trust."""
    return Authority(tmp_path_factory.mktemp("stranger"), "another authority")


@pytest.fixture(scope="session")
def server(authority):
    return authority.server()


@pytest.fixture(scope="session")
def tls(server):
    """What a file says of TLS at least."""
    return {"cert_file": str(server.cert), "key_file": str(server.key)}
