"""The web configuration file: every mistake at once, with its line and what to write instead."""

import ssl

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from medic.app.settings import ConfigError
from medic.app.web.toolkit.reading import read
from tests.app.web.toolkit.scene import HASH, write, wrong
from tests.certificates import openssl

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
SECTIONS = st.sampled_from(["tls_server_config", "http_server_config", "basic_auth_users"])
KEYS = st.sampled_from(["cert", "client_auth_type", "min_version", "cipher_suites", "headers", "http2", "client_ca"])


def test_an_empty_file_changes_nothing(tmp_path):
    terms = read(write(tmp_path, ""))
    assert (terms.tls, terms.headers, terms.users) == (None, {}, {})


def test_users_and_headers_alone_speak_plain_http(tmp_path):
    headers = "{headers: {X-Frame-Options: deny, X-XSS-Protection: ''}}"
    text = f"http_server_config: {headers}\nbasic_auth_users: {{on: {HASH}}}"
    terms = read(write(tmp_path, text))
    assert terms.tls is None
    assert terms.headers == {"X-Frame-Options": "deny"}
    assert terms.users == {"on": HASH}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("tls_server: {}", ":1: tls_server: unknown key; did you mean tls_server_config?"),
        ("tls_server_config: {cert_file: a, key_fil: b}", "key_fil: unknown key; did you mean key_file?"),
        ("tls_server_config: {cert_file: a}", "tls_server_config: key_file is missing; add key_file: medic.key"),
        ("tls_server_config: {client_auth_type: VerifyClientCertIfGiven}", "add client_ca_file: ca.crt"),
        ("tls_server_config:\n  min_version: TLS9", ":2: tls_server_config.min_version: 'TLS9' is no version of TLS"),
        ("tls_server_config: {min_version: TLS10}", "'TLS10' is forbidden by RFC 8996; write TLS12 or TLS13"),
        ("tls_server_config: {min_version: TLS13, max_version: TLS12}", "is above max_version"),
        ("tls_server_config: {client_auth_type: RequireAnyClientCert}", "write RequireAndVerifyClientCert"),
        ("tls_server_config: {client_auth_type: RequireAndVerify}", "did you mean RequireAndVerifyClientCert?"),
        ("tls_server_config: {client_auth_type: [x]}", "is no type of Go's"),
        ("tls_server_config: {client_ca_file: ca.crt}", "client_ca_file: 'ca.crt' verifies nobody"),
        ("tls_server_config: {client_allowed_sans: [x]}", "client_allowed_sans: keeps out nobody"),
        (
            "tls_server_config: {cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}",
            "'TLS_RSA_WITH_RC4_128_SHA' is no cipher suite",
        ),
        ("tls_server_config: {curve_preferences: [P256]}", "'P256' is no curve of Go's; did you mean CurveP256?"),
        ("tls_server_config: {cert: x, cert_file: y}", "cert_file: 'y' given beside cert; keep one of the two"),
        ("http_server_config: {http2: 1}", "http_server_config.http2: '1' is not true or false"),
        (
            "http_server_config: {headers: {Server: x}}",
            "headers.Server: 'x' cannot be set; set one of Content-Security",
        ),
        ("http_server_config: {headers: {X-Frame-Options: allow}}", "'allow' is not a value of it; write deny or same"),
        ('http_server_config: {headers: {X-XSS-Protection: "a\\nSet-Cookie: b"}}', "holds what a header cannot"),
        ("basic_auth_users: {alice: secret}", "basic_auth_users.alice: is not a hash by bcrypt; make one: htpasswd"),
        ("basic_auth_users: {'a:b': " + HASH + "}", "is no name that a client can send; leave the colon out"),
        ("basic_auth_users: {alice: " + HASH.replace("$04$", "$31$") + "}", "has the cost 31"),
        ("basic_auth_users: {alice: " + HASH.replace("$04$", "$16$") + "}", "make a hash with a cost from 4 to 15"),
        ("tls_server_config: {cert_file: /dev/zero, key_file: /dev/zero}", "cannot be read (no plain file)"),
        ("basic_auth_users: [alice]", "basic_auth_users: is not a mapping"),
        ("tls_server_config: {cert_file: none.crt, key_file: none.key}", "'none.crt' cannot be read (No such file"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_write(tmp_path, text, line):
    found = wrong(tmp_path, text)
    assert any(line in each for each in found), found


def test_every_mistake_is_told_at_once_in_the_order_of_the_lines(tmp_path):
    text = """\
tls_server_config:
  cert_file: a.crt
  min_version: TLS1
http_server_config:
  headers:
    Server: x
basic_auth_users:
  alice: hunter2
"""
    found = wrong(tmp_path, text)
    assert [each.split(":")[1] for each in found] == ["1", "3", "6", "8"]
    assert "hunter2" not in str(found)


def test_both_files_that_cannot_be_read_are_told(tmp_path):
    found = wrong(tmp_path, "tls_server_config:\n  cert_file: a.crt\n  key_file: b.key\n")
    assert [each.split(":")[1] for each in found] == ["2", "3"]


def test_a_file_that_is_not_there_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.yml")


@given(st.dictionaries(SECTIONS, TREES | st.dictionaries(KEYS, TREES)))
def test_arbitrary_trees_are_read_or_refused_with_mistakes(tmp_path_factory, tree):
    folder = tmp_path_factory.getbasetemp() / "trees"
    folder.mkdir(exist_ok=True)
    for line in wrong(folder, tree):
        assert line.startswith(":")


@pytest.mark.needs("openssl")
class TestCertificates:
    def test_paths_are_relative_to_the_file(self, tmp_path, server):
        for file in (server.cert, server.key):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        terms = read(write(tmp_path, "tls_server_config: {cert_file: server.crt, key_file: server.key}"))
        assert terms.tls is not None
        assert terms.files == (tmp_path / "web.yml", tmp_path / "server.crt", tmp_path / "server.key")

    def test_certificate_and_key_may_stand_in_the_file(self, tmp_path, server, authority):
        words = {
            "cert": server.cert.read_text(),
            "key": server.key.read_text(),
            "client_ca": authority.ca.read_text(),
            "client_auth_type": "RequireAndVerifyClientCert",
        }
        terms = read(write(tmp_path, {"tls_server_config": words}))
        assert terms.tls.context.verify_mode is ssl.CERT_REQUIRED
        assert [each["subject"] for each in terms.tls.context.get_ca_certs()] == [
            ((("commonName", "test authority"),),)
        ]

    def test_a_key_in_the_file_is_not_repeated_when_it_is_wrong(self, tmp_path, server):
        words = {"cert": server.cert.read_text(), "key": "-----BEGIN hunter2"}
        found = wrong(tmp_path, {"tls_server_config": words})
        assert "key: holds no key in PEM" in found[0]
        assert "hunter2" not in str(found)

    def test_what_does_not_belong_together_is_told(self, tmp_path, tls, authority):
        other = authority.server("other")
        found = wrong(tmp_path, {"tls_server_config": {**tls, "key_file": str(other.key)}})
        assert "key_file: " in found[0]
        assert "is not the key of the certificate" in found[0]

    def test_a_certificate_in_place_of_the_key_and_the_other_way_round(self, tmp_path, server):
        swapped = {"cert_file": str(server.key), "key_file": str(server.cert)}
        assert "holds no certificate in PEM" in wrong(tmp_path, {"tls_server_config": swapped})[0]
        twice = {"cert_file": str(server.cert), "key_file": str(server.cert)}
        assert "holds no key in PEM" in wrong(tmp_path, {"tls_server_config": twice})[0]

    def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(self, tmp_path, tls, server):
        locked = tmp_path / "locked.key"
        openssl("pkey", "-in", server.key, "-aes256", "-passout", "pass:secret", "-out", locked)
        found = wrong(tmp_path, {"tls_server_config": {**tls, "key_file": str(locked)}})
        assert "is protected by a password" in found[0]

    def test_an_authority_that_is_none_is_told(self, tmp_path, tls):
        (tmp_path / "ca.crt").write_text("nothing")
        words = {**tls, "client_ca_file": "ca.crt", "client_auth_type": "RequireAndVerifyClientCert"}
        assert "client_ca_file: 'ca.crt' holds no certificate" in wrong(tmp_path, {"tls_server_config": words})[0]

    def test_more_curves_than_python_can_set_are_refused(self, tmp_path, tls):
        words = {**tls, "curve_preferences": ["X25519", "CurveP256"]}
        assert "more than one" in wrong(tmp_path, {"tls_server_config": words})[0]

    @pytest.mark.parametrize("auth", ["NoClientCert", "RequestClientCert"])
    def test_clients_are_not_asked_where_nothing_would_come_of_it(self, tmp_path, tls, auth):
        terms = read(write(tmp_path, {"tls_server_config": {**tls, "client_auth_type": auth}}))
        assert terms.tls.context.verify_mode is ssl.CERT_NONE

    def test_the_sample_of_the_format_is_read(self, tmp_path, tls, authority):
        text = yaml.safe_dump(
            {
                "tls_server_config": {
                    **tls,
                    "client_auth_type": "VerifyClientCertIfGiven",
                    "client_ca_file": str(authority.ca),
                    "min_version": "TLS12",
                    "max_version": "TLS13",
                    "cipher_suites": ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"],
                    "prefer_server_cipher_suites": True,
                    "curve_preferences": ["CurveP384"],
                },
                "http_server_config": {"http2": True, "headers": {"Strict-Transport-Security": "max-age=60"}},
                "basic_auth_users": {"alice": HASH},
            }
        )
        context = read(write(tmp_path, text)).tls.context
        old = {each["name"] for each in context.get_ciphers() if each["protocol"] != "TLSv1.3"}
        assert old == {"ECDHE-ECDSA-AES128-GCM-SHA256"}
        assert context.options & ssl.OP_CIPHER_SERVER_PREFERENCE
