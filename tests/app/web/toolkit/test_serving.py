"""Sites served by a web configuration file: who may pass, over which TLS, and how that changes while they run."""

import asyncio
import logging
import os
import ssl
import threading

import aiohttp
import pytest

from medic.app.web.toolkit.front import RELOADED, Front
from medic.core.tasks import in_thread
from tests.app.web.toolkit.scene import HASH, ask, bearer, site, user, write
from tests.certificates import Authority

USERS = {"basic_auth_users": {"alice": HASH}}


def shown(front):
    return [sample.value for family in front.families() for sample in family.samples]


async def handshake(url, context):
    """Return version, cipher and the certificate's serial of one connection that has asked for a page."""
    host, port = url.removeprefix("https://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context, server_hostname="localhost")
    try:
        writer.write(b"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        first = await reader.readline()
        if not first.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(first)
        made = writer.get_extra_info("ssl_object")
        return made.version(), made.cipher()[0], made.getpeercert()["serialNumber"]
    finally:
        writer.close()


async def refused(url, context):
    try:
        await handshake(url, context)
    except (ssl.SSLError, ConnectionError):
        return True
    return False


class Hanging(Front):
    """A front whose disk does not answer until it may."""

    def __init__(self, file):
        super().__init__(file)
        self.begun, self.may_end = threading.Semaphore(0), threading.Event()

    def _read_again(self):
        self.begun.release()
        self.may_end.wait(60)


class TestUsers:
    @pytest.mark.parametrize("path", ["/page", "/metrics", "/-/healthy"])
    async def test_everything_needs_a_name_once_there_are_users(self, tmp_path, path):
        async with site(tmp_path, USERS) as (_, url):
            status, headers, text = await ask(url + path)
            assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="medic", charset="UTF-8"')
            assert "basic_auth_users" in text
            assert (await ask(url + path, headers=user()))[0] == 200
            assert (await ask(url + path, headers=bearer()))[0] == 200

    @pytest.mark.parametrize(
        "header",
        ["Basic", "Basic ", "Basic !", "Basic YWxpY2U=", "Basic \x80", "Digest x", "Basic OmNvcnJlY3QgaG9yc2U="],
    )
    async def test_credentials_that_are_none_are_refused(self, tmp_path, header):
        async with site(tmp_path, USERS) as (_, url):
            assert (await ask(url + "/metrics", headers={"Authorization": header}))[0] == 401

    async def test_what_changes_state_needs_the_token_whoever_asks(self, tmp_path):
        async with site(tmp_path, USERS) as (_, url):
            status, headers, _ = await ask(url + "/page", "POST", headers=user())
            assert (status, headers["WWW-Authenticate"]) == (401, 'Bearer realm="medic"')
            assert (await ask(url + "/page", "POST", headers=bearer()))[0] == 200

    async def test_users_may_read_beyond_loopback_and_under_any_name_of_the_host(self, tmp_path):
        async with site(tmp_path, USERS, loopback=False) as (_, url):
            assert (await ask(url + "/page", headers={**user(), "Host": "medic.example"}))[0] == 200
            assert (await ask(url + "/page"))[0] == 401

    async def test_a_name_outside_of_ascii_is_read_as_utf_8(self, tmp_path):
        async with site(tmp_path, {"basic_auth_users": {"zoë": HASH}}) as (_, url):
            assert (await ask(url + "/page", headers=user("zoë")))[0] == 200

    async def test_users_are_read_again_without_a_restart(self, tmp_path):
        async with site(tmp_path, USERS) as (front, url):
            assert (await ask(url + "/page", headers=user()))[0] == 200
            write(tmp_path, {"basic_auth_users": {"zoe": HASH}})
            await front.look()
            assert (await ask(url + "/page", headers=user()))[0] == 401
            assert (await ask(url + "/page", headers=user("zoe")))[0] == 200

    async def test_every_answer_has_the_headers_of_the_file(self, tmp_path):
        headers = {"X-Frame-Options": "deny", "Strict-Transport-Security": "max-age=60"}
        async with site(tmp_path, {**USERS, "http_server_config": {"headers": headers}}) as (_, url):
            for path in ("/page", "/nowhere"):
                for sent in ({}, user()):
                    assert headers.items() <= (await ask(url + path, headers=sent))[1].items()


class TestChanges:
    async def test_a_broken_file_leaves_the_old_one_in_force_and_is_told_once(self, tmp_path, caplog):
        async with site(tmp_path, USERS) as (front, url):
            assert shown(front) == [1]
            write(tmp_path, "basic_auth_users: {zoe: secret}")
            with caplog.at_level(logging.ERROR):
                await front.look()
                await front.look()
            assert [record.getMessage() for record in caplog.records] == [
                "web configuration refused, the old one stays in force"
            ]
            assert "is not a hash by bcrypt" in caplog.records[0].why
            assert shown(front) == [0]
            assert (await ask(url + "/page", headers=user()))[0] == 200
            write(tmp_path, USERS)
            await front.look()
            assert shown(front) == [1]

    async def test_a_file_that_is_deleted_leaves_the_old_one_in_force(self, tmp_path):
        async with site(tmp_path, USERS) as (front, url):
            (tmp_path / "web.yml").unlink()
            await front.look()
            assert "cannot be read" in front.failure
            assert (await ask(url + "/page", headers=user()))[0] == 200

    async def test_a_pipe_in_place_of_the_file_is_refused_and_nobody_waits_for_it(self, tmp_path):
        async with site(tmp_path, USERS) as (front, _):
            (tmp_path / "web.yml").unlink()
            os.mkfifo(tmp_path / "web.yml")
            await front.look()
            assert "cannot be read (no plain file)" in front.failure
            (tmp_path / "web.yml").unlink()
            write(tmp_path, USERS)
            await front.look()
            assert shown(front) == [1]

    async def test_a_disk_that_hangs_keeps_one_thread_and_no_more(self, tmp_path):
        write(tmp_path, USERS)
        front = Hanging(tmp_path / "web.yml")
        async with asyncio.TaskGroup() as group:
            group.create_task(front.look())
            await in_thread(front.begun.acquire, timeout=60, name="begun")
            await front.look()
            front.may_end.set()
        assert not front.begun.acquire(blocking=False)
        await front.look()
        assert front.begun.acquire(blocking=False)

    async def test_files_that_stay_as_they_are_are_not_read_again(self, tmp_path):
        async with site(tmp_path, USERS) as (front, _):
            before = front.terms
            await front.look()
            assert front.terms is before

    async def test_users_that_stay_keep_what_is_known_of_their_passwords(self, tmp_path):
        async with site(tmp_path, USERS) as (front, _):
            before = front.users
            write(tmp_path, {**USERS, "http_server_config": {"headers": {"X-Frame-Options": "deny"}}})
            await front.look()
            assert front.users is before
            assert front.terms.headers

    def test_without_a_file_there_is_nothing_to_tell(self):
        assert Front().families() == ()
        assert RELOADED.name == "medic_web_config_last_reload_successful"

    @pytest.mark.needs("openssl")
    async def test_http_does_not_become_https_under_way(self, tmp_path, tls):
        async with site(tmp_path, USERS) as (front, url):
            write(tmp_path, {**USERS, "tls_server_config": tls})
            await front.look()
            assert "needs a restart" in front.failure
            assert (await ask(url + "/page", headers=user()))[0] == 200


@pytest.mark.needs("openssl")
class TestTls:
    async def test_a_page_comes_over_tls_and_plain_http_does_not(self, tmp_path, tls, authority):
        async with site(tmp_path, {"tls_server_config": tls}) as (_, url):
            assert (await ask(url + "/page", ssl=authority.client()))[0] == 200
            assert (await handshake(url, authority.client()))[0] == "TLSv1.3"
            with pytest.raises(aiohttp.ClientError):
                await ask(url.replace("https", "http") + "/page")

    @pytest.mark.parametrize(
        ("least", "most", "spoken"), [("TLS12", "TLS12", "TLSv1.2"), ("TLS13", "TLS13", "TLSv1.3")]
    )
    async def test_versions_are_those_of_the_file(self, tmp_path, tls, authority, least, most, spoken):
        words = {**tls, "min_version": least, "max_version": most}
        async with site(tmp_path, {"tls_server_config": words}) as (_, url):
            assert (await handshake(url, authority.client()))[0] == spoken
            other = authority.client()
            if spoken == "TLSv1.3":
                other.maximum_version = ssl.TLSVersion.TLSv1_2
            else:
                other.minimum_version = ssl.TLSVersion.TLSv1_3
            assert await refused(url, other)

    async def test_ciphers_are_those_of_the_file(self, tmp_path, tls, authority):
        words = {**tls, "max_version": "TLS12", "cipher_suites": ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]}
        async with site(tmp_path, {"tls_server_config": words}) as (_, url):
            assert (await handshake(url, authority.client()))[1] == "ECDHE-ECDSA-AES256-GCM-SHA384"
            other = authority.client()
            other.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
            assert await refused(url, other)

    async def test_the_curve_is_that_of_the_file(self, tmp_path, tls, authority):
        async with site(tmp_path, {"tls_server_config": {**tls, "curve_preferences": ["CurveP384"]}}) as (_, url):
            fitting, other = authority.client(), authority.client()
            fitting.set_ecdh_curve("secp384r1")
            other.set_ecdh_curve("prime256v1")
            assert (await handshake(url, fitting))[0] == "TLSv1.3"
            assert await refused(url, other)

    async def test_a_new_certificate_is_shown_to_new_connections_and_old_ones_go_on(self, tmp_path, authority):
        first, second = authority.server("first"), authority.server("second")
        cert, key = tmp_path / "medic.crt", tmp_path / "medic.key"
        cert.write_bytes(first.cert.read_bytes())
        key.write_bytes(first.key.read_bytes())
        words = {"cert_file": "medic.crt", "key_file": "medic.key"}
        async with site(tmp_path, {"tls_server_config": words}) as (front, url), aiohttp.ClientSession() as kept:
            async with kept.get(url + "/page", ssl=authority.client()) as answer:
                assert answer.status == 200
            before = (await handshake(url, authority.client()))[2]
            cert.write_bytes(second.cert.read_bytes())
            await front.look()  # between the two files of a renewal
            assert "is not the key of the certificate" in front.failure
            assert (await handshake(url, authority.client()))[2] == before
            key.write_bytes(second.key.read_bytes())
            await front.look()
            assert front.failure == ""
            assert (await handshake(url, authority.client()))[2] != before
            async with kept.get(url + "/page", ssl=authority.client()) as answer:
                assert answer.status == 200

    async def test_files_that_the_file_names_anew_are_waited_for(self, tmp_path, tls, authority):
        async with site(tmp_path, {"tls_server_config": tls}) as (front, url):
            write(tmp_path, {"tls_server_config": {"cert_file": "new.crt", "key_file": "new.key"}})
            await front.look()
            assert "cannot be read" in front.failure
            new = authority.server("new")
            new.cert.replace(tmp_path / "new.crt")
            new.key.replace(tmp_path / "new.key")
            await front.look()
            assert front.failure == ""
            assert (await handshake(url, authority.client()))[0] == "TLSv1.3"

    async def test_a_client_that_says_nothing_keeps_no_other_waiting(self, tmp_path, tls, authority):
        async with site(tmp_path, {"tls_server_config": tls}) as (_, url):
            silent = [await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2])) for _ in range(5)]
            assert (await handshake(url, authority.client()))[0] == "TLSv1.3"
            for _, writer in silent:
                writer.close()

    async def test_what_is_no_handshake_ends_its_own_connection_alone(self, tmp_path, tls, authority):
        async with site(tmp_path, {"tls_server_config": tls}) as (_, url):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
            async with asyncio.timeout(20):
                try:
                    while await reader.read(1000):
                        pass
                except ConnectionError:
                    pass
            writer.close()
            assert (await handshake(url, authority.client()))[0] == "TLSv1.3"


@pytest.mark.needs("openssl")
class TestClients:
    @pytest.fixture
    def words(self, tls, authority):
        return {**tls, "client_ca_file": str(authority.ca), "client_auth_type": "RequireAndVerifyClientCert"}

    @pytest.fixture
    def prometheus(self, authority):
        return authority.sign("prometheus", "DNS:prometheus.example", "IP:192.0.2.7", "email:a@b.example")

    async def test_only_a_certificate_of_the_authority_passes(self, tmp_path, words, authority, prometheus, stranger):
        async with site(tmp_path, {"tls_server_config": words}) as (_, url):
            assert (await ask(url + "/page", ssl=authority.client(prometheus)))[0] == 200
            assert await refused(url, authority.client())
            assert await refused(url, authority.client(stranger.sign("prometheus", "DNS:prometheus.example")))

    async def test_a_verified_certificate_reads_beyond_loopback_and_changes_nothing(
        self, tmp_path, words, authority, prometheus
    ):
        async with site(tmp_path, {"tls_server_config": words}, loopback=False) as (_, url):
            context = authority.client(prometheus)
            assert (await ask(url + "/page", ssl=context))[0] == 200
            assert (await ask(url + "/page", "POST", ssl=context))[0] == 401
            assert (await ask(url + "/page", "POST", ssl=context, headers=bearer()))[0] == 200

    async def test_where_a_certificate_may_be_left_out_who_shows_none_needs_the_token(
        self, tmp_path, words, authority, prometheus, stranger
    ):
        words = {**words, "client_auth_type": "VerifyClientCertIfGiven"}
        async with site(tmp_path, {"tls_server_config": words}, loopback=False) as (_, url):
            assert (await ask(url + "/page", ssl=authority.client()))[0] == 401
            assert (await ask(url + "/page", ssl=authority.client(prometheus)))[0] == 200
            assert await refused(url, authority.client(stranger.sign("other")))

    async def test_users_are_asked_behind_a_certificate_too(self, tmp_path, words, authority, prometheus):
        async with site(tmp_path, {"tls_server_config": words, **USERS}) as (_, url):
            assert (await ask(url + "/page", ssl=authority.client(prometheus)))[0] == 401
            assert (await ask(url + "/page", ssl=authority.client(prometheus), headers=user()))[0] == 200

    @pytest.mark.parametrize("name", ["prometheus.example", "192.0.2.7", "a@b.example"])
    async def test_only_the_alternative_names_of_the_file_pass(self, tmp_path, words, authority, prometheus, name):
        words = {**words, "client_allowed_sans": [name, "other.example"]}
        async with site(tmp_path, {"tls_server_config": words}) as (_, url):
            assert (await ask(url + "/page", ssl=authority.client(prometheus)))[0] == 200
            assert await refused(url, authority.client(authority.sign("grafana", "DNS:grafana.example")))
            assert await refused(url, authority.client(authority.sign("nameless")))

    async def test_an_authority_that_is_replaced_lets_nobody_of_the_old_in(
        self, tmp_path, words, authority, prometheus
    ):
        ca = tmp_path / "ca.crt"
        ca.write_bytes(authority.ca.read_bytes())
        async with site(tmp_path, {"tls_server_config": {**words, "client_ca_file": "ca.crt"}}) as (front, url):
            assert not await refused(url, authority.client(prometheus))
            other = Authority(tmp_path / "other", "other")
            ca.write_bytes(other.ca.read_bytes())
            await front.look()
            assert front.failure == ""
            assert await refused(url, authority.client(prometheus))
            assert not await refused(url, authority.client(other.sign("prometheus")))
