"""A real daemon behind TLS and passwords: people's own commands reach it all the same."""

import json
import ssl
import urllib.error
import urllib.request

import bcrypt
import pytest
import yaml

from tests.app.daemon.scene import await_whole, configuration
from tests.certificates import Authority
from tests.harness import Medic, reserved_port, until

pytestmark = pytest.mark.needs("openssl")

PASSWORD = "correct horse"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


def secure(folder, authority, **more):
    """Write a web configuration file with TLS and a user, and return its name."""
    pair = authority.server()
    folder.mkdir(parents=True, exist_ok=True)
    for file, name in ((pair.cert, "medic.crt"), (pair.key, "medic.key"), (authority.ca, "ca.crt")):
        (folder / name).write_bytes(file.read_bytes())
    words = {
        "tls_server_config": {"cert_file": "medic.crt", "key_file": "medic.key", **more},
        "basic_auth_users": {"alice": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()},
    }
    (folder / "web.yml").write_text(yaml.safe_dump(words))
    return "web.yml"


def get(medic, path, context):
    request = urllib.request.Request(medic.url + path)
    passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
    passwords.add_password(None, medic.url, "alice", PASSWORD, is_authenticated=True)
    handlers = (urllib.request.HTTPSHandler(context=context), urllib.request.HTTPBasicAuthHandler(passwords))
    with urllib.request.build_opener(*handlers).open(request, timeout=20) as answer:
        return answer.read().decode()


def test_commands_reach_a_daemon_whatever_it_asks_of_others(tmp_path, authority):
    words = {"client_ca_file": "ca.crt", "client_auth_type": "RequireAndVerifyClientCert"}
    file = secure(tmp_path / "medic", authority, **words)
    with Medic(tmp_path / "medic", configuration(web={"config_file": file})) as medic:
        medic.start()
        before = await_whole(medic)
        assert medic.url.startswith("https://127.0.0.1:")
        assert medic.command("status").returncode == 0
        assert medic.command("workers", "restart", "pair").returncode == 0
        until(lambda: await_whole(medic) != before, what="other workers")
        pair = authority.sign("prometheus")
        assert "medic_web_config_last_reload_successful 1" in get(medic, "/metrics", authority.client(pair))
        with pytest.raises((ssl.SSLError, urllib.error.URLError, ConnectionError)):
            get(medic, "/metrics", authority.client())
        assert medic.end() == 0
        assert not (medic.state / "medic.sock").exists()
        assert "start it with `medic run`" in medic.command("status").stderr


def test_a_renewed_certificate_is_in_force_within_seconds_and_a_broken_one_is_told(tmp_path, authority):
    file = secure(tmp_path / "medic", authority)
    with Medic(tmp_path / "medic", configuration(web={"config_file": file})) as medic:
        medic.start()
        other = Authority(tmp_path / "other")
        new = other.server()
        (tmp_path / "medic" / "medic.crt").write_bytes(new.cert.read_bytes())
        until(lambda: metric(medic, authority) == 0, what="a certificate without its key is refused")
        done = medic.command("config", "check")
        assert done.returncode == 2
        assert "web.yml:" in done.stderr
        assert "is not the key of the certificate" in done.stderr
        (tmp_path / "medic" / "medic.key").write_bytes(new.key.read_bytes())
        until(lambda: speaks(medic, other), what="the new certificate")
        until(lambda: metric(medic, other) == 1, what="all that the files say is in force")
        assert medic.command("status").returncode == 0


def metric(medic, authority):
    page = get(medic, "/metrics", authority.client())
    return float(next(line for line in page.splitlines() if line.startswith("medic_web_config_last")).split()[1])


def speaks(medic, authority):
    try:
        return "Healthy" in get(medic, "/-/healthy", authority.client())
    except urllib.error.URLError:
        return False


def test_a_web_configuration_with_mistakes_keeps_the_daemon_from_starting(tmp_path, authority):
    folder = tmp_path / "medic"
    with Medic(folder, configuration(web={"config_file": secure(folder, authority, min_version="TLS10")})) as medic:
        medic.start(ready=False)
        assert medic.died() == 2
        assert "web.yml:6: tls_server_config.min_version: 'TLS10' is forbidden" in medic.output()
        assert not (medic.state / "journal.db").exists()


def test_the_options_of_exporters_count_for_more_than_the_file_and_outlive_a_reload(tmp_path):
    (tmp_path / "web.yml").write_text("http_server_config: {headers: {X-Frame-Options: deny}}\n")
    with reserved_port() as port, Medic(tmp_path / "medic", configuration(listen="127.0.0.1:1")) as medic:
        listen = f"--web.listen-address=127.0.0.1:{port}"
        medic.options = (listen, f"--web.config.file={tmp_path}/web.yml", "--web.max-requests=7")
        medic.start()
        assert medic.url == f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(medic.url + "/-/healthy", timeout=20) as answer:
            assert answer.headers["X-Frame-Options"] == "deny"
        status, text = medic.post("/-/reload")
        assert (status, json.loads(text)["needs_restart"]) == (200, [])
