"""A real Prometheus scrapes Medic over TLS with a password, and finds it by HTTP service discovery."""

import bcrypt
import pytest
import yaml

from tests.app.daemon.scene import configuration
from tests.app.peers.servers import prometheus
from tests.certificates import Authority
from tests.harness import Medic, until

pytestmark = [pytest.mark.needs("prometheus"), pytest.mark.needs("openssl")]

PASSWORD = "correct horse"
PROBE = {"name": "nobody", "tcp": "127.0.0.1:1", "timeout": "1s"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def medic(tmp_path_factory, authority):
    folder, pair = tmp_path_factory.mktemp("secured") / "medic", authority.server()
    folder.mkdir()
    words = {
        "tls_server_config": {
            "cert_file": str(pair.cert),
            "key_file": str(pair.key),
            "client_ca_file": str(authority.ca),
            "client_auth_type": "RequireAndVerifyClientCert",
            "client_allowed_sans": ["prometheus.example"],
        },
        "basic_auth_users": {"prometheus": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()},
    }
    (folder / "web.yml").write_text(yaml.safe_dump(words))
    with Medic(folder, configuration(web={"config_file": "web.yml"}, probes=[PROBE])) as running:
        yield running.start()


@pytest.fixture(scope="module")
def scraper(medic, authority, tmp_path_factory):
    pair = authority.sign("prometheus", "DNS:prometheus.example")
    secrets = {
        "tls_config": {"ca_file": str(authority.ca), "cert_file": str(pair.cert), "key_file": str(pair.key)},
        "basic_auth": {"username": "prometheus", "password": PASSWORD},
    }
    target = medic.url.removeprefix("https://")
    named = {"static_configs": [{"targets": [target]}], "scheme": "https"}

    def found(query):
        return {"http_sd_configs": [{"url": f"{medic.url}/sd/targets{query}", "refresh_interval": "1s", **secrets}]}

    jobs = {
        "named": {**named, **secrets},
        "nameless": {**named, "tls_config": secrets["tls_config"]},
        "certless": {**named, **secrets, "tls_config": {"ca_file": str(authority.ca)}},
        "wrong": {**named, **secrets, "basic_auth": {"username": "prometheus", "password": "wrong"}},
        "found": {**found(""), **secrets},
        "probes": {**found("?of=probes"), **secrets},
    }
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [{"job_name": name, **words} for name, words in jobs.items()],
    }
    with prometheus(tmp_path_factory.mktemp("prometheus"), config) as server:
        yield server


def targets(server):
    """Return the one target of each job once each has been scraped."""
    active = server.get("/api/v1/targets")["data"]["activeTargets"]
    by_job = {each["labels"]["job"]: each for each in active if each["health"] != "unknown"}
    wanted = {"named", "nameless", "certless", "wrong", "found", "probes"}
    return by_job if by_job.keys() == wanted else None


def test_it_is_scraped_over_tls_with_a_certificate_and_a_password_and_without_one_of_them_not(scraper):
    found = until(lambda: targets(scraper), what="each job's target was scraped")
    assert {name: each["health"] for name, each in found.items()} == {
        "named": "up",
        "found": "up",
        "probes": "up",
        "nameless": "down",
        "certless": "down",
        "wrong": "down",
    }, {name: each["lastError"] for name, each in found.items()}
    assert "401" in found["nameless"]["lastError"]
    assert "401" in found["wrong"]["lastError"]


def test_what_it_finds_by_service_discovery_is_itself_and_each_probe(scraper, medic):
    found = until(lambda: targets(scraper), what="each job's target was scraped")
    assert found["found"]["scrapeUrl"] == f"{medic.url}/metrics"
    assert found["found"]["discoveredLabels"]["__meta_medic_version"]
    assert found["probes"]["scrapeUrl"] == f"{medic.url}/probe?target=nobody"
    assert found["probes"]["labels"]["probe"] == "nobody"


def test_a_probe_that_is_found_tells_its_success(scraper):
    def success():
        return scraper.get("/api/v1/query", query='probe_success{job="probes"}')["data"]["result"]

    assert until(success)[0]["value"][1] == "0"
