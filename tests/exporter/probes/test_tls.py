"""Probes over TLS against a real server whose authority the test made."""

import hashlib
import re
import ssl

import pytest

from exporter.probes.certificates import expiry, write_name
from exporter.probes.spec import Trust
from tests.exporter.probes.asking import SOON, ask, ask_tcp
from tests.exporter.probes.services import issue, tcp, web

pytestmark = pytest.mark.needs("openssl")
SUBJECT = "CN=localhost,OU=a+OU=b,O=Example\\, Inc.,C=DE"


def ends(file):
    return expiry(ssl._ssl._test_decode_cert(str(file)))


def test_a_certificate_is_read_and_its_chain(safe, certificate):
    outcome = ask(safe.url("/ok"), trust=Trust(ca_file=certificate.authority))
    assert outcome.reason == ""
    assert outcome.trail.answer.secure
    chain = outcome.trail.chain
    assert (chain.version, chain.subject, chain.issuer) == ("TLS 1.3", SUBJECT, "CN=test authority,O=Example")
    assert chain.names == "localhost,other.example"
    der = ssl.PEM_cert_to_DER_cert(certificate.file.read_text())
    assert chain.fingerprint == hashlib.sha256(der).hexdigest()
    assert chain.earliest_expiry == ends(certificate.file)
    assert chain.chain_expiry == ends(certificate.file) < ends(certificate.authority)
    assert outcome.trail.phases["tls"] > 0


def test_an_authority_that_is_not_known_is_not_believed(safe):
    outcome = ask(safe.url("/ok"))
    assert outcome.reason.startswith("has a certificate that is not good: unable to get local issuer")
    assert outcome.trail.chain is None
    assert safe.seen == []


def test_a_certificate_for_another_name_is_not_believed(safe, certificate):
    outcome = ask(safe.url("/ok", host="127.0.0.1"), trust=Trust(ca_file=certificate.authority))
    assert outcome.reason.startswith("has a certificate that is not good: IP address mismatch")
    assert safe.seen == []


def test_any_certificate_is_believed_where_that_is_wanted_and_read_all_the_same(safe, certificate):
    outcome = ask(safe.url("/ok"), trust=Trust(insecure=True))
    assert outcome.success
    assert outcome.trail.chain.subject == SUBJECT
    assert outcome.trail.chain.earliest_expiry == ends(certificate.file)
    assert outcome.trail.chain.chain_expiry is None


def test_a_file_of_authorities_is_read_again_when_it_changes(safe, certificate, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    assert "name a file of PEM certificates" in ask(safe.url("/ok"), trust=Trust(ca_file=file)).reason
    file.write_bytes(certificate.authority.read_bytes())
    assert ask(safe.url("/ok"), trust=Trust(ca_file=file)).success
    file.unlink()
    assert "name a file of PEM certificates" in ask(safe.url("/ok"), trust=Trust(ca_file=file)).reason


def test_what_is_known_of_certificates_is_that_of_the_last_connection(safe, plain, certificate):
    url = safe.url(f"/away?to={plain.url('/ok')}")
    outcome = ask(url, trust=Trust(ca_file=certificate.authority))
    assert outcome.success
    assert outcome.trail.chain is None
    assert outcome.trail.answer.secure is False


def test_a_service_that_speaks_no_tls_is_told():
    with tcp(lambda connection: connection.sendall(b"hello\n")) as port:
        assert ask_tcp(port, trust=Trust()).reason.startswith("does not speak TLS with us")


def test_a_handshake_that_never_ends_fails_at_the_deadline():
    with tcp(lambda connection: connection.recv(1) and connection.recv(1 << 16) and connection.recv(1)) as port:
        outcome = ask_tcp(port, timeout=SOON, trust=Trust())
    assert outcome.reason == f"{SOON:g} s passed while it waited for the TLS handshake"


def test_tls_over_tcp_tells_of_the_certificate_too(certificate):
    with web(certificate) as running:
        outcome = ask_tcp(running.port, host="localhost", trust=Trust(ca_file=certificate.authority))
    assert outcome.success
    assert outcome.trail.chain.subject == SUBJECT


def test_a_certificate_whose_end_is_no_time_says_nothing_of_its_end(tmp_path):
    spoilt = issue(tmp_path)
    text = ssl.PEM_cert_to_DER_cert(spoilt.file.read_text())
    _, end = (found.start() for found in re.finditer(rb"\x17\x0d[0-9]{12}Z", text))
    spoilt.file.write_text(ssl.DER_cert_to_PEM_cert(text[: end + 2] + b"9" * 12 + b"Z" + text[end + 15 :]))
    with web(spoilt) as running:
        outcome = ask_tcp(running.port, host="localhost", trust=Trust(insecure=True))
    assert outcome.success
    assert (outcome.trail.chain.earliest_expiry, outcome.trail.chain.subject) == (None, SUBJECT)


def test_names_are_written_as_go_writes_them():
    assert write_name(()) == ""
    assert write_name(((("countryName", "DE"),), (("commonName", "a b"),))) == "CN=a b,C=DE"
    assert write_name(((("commonName", ' #a"b,c '),),)) == 'CN=\\ #a\\"b\\,c\\ '
    assert write_name(((("commonName", "a"),), (("emailAddress", "x@y"),))) == "CN=a,emailAddress=x@y"
