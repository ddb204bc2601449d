"""What the file may say; the names of its keys are those of Prometheus' exporter-toolkit.

Format: https://prometheus.io/docs/prometheus/latest/configuration/https/
"""

from dataclasses import dataclass, field
from ssl import TLSVersion
from typing import Annotated

from medic.app.settings.kinds import Flag, Text
from medic.app.settings.paths import Folder
from medic.app.settings.sections import PlainValidator, SecretStr, Section
from medic.app.web.toolkit.names import ClientAuth, parse_cipher, parse_client_auth, parse_curve, parse_version

File = Folder
Version = Annotated[TLSVersion, PlainValidator(parse_version)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsServer(Section):
    """``tls_server_config``; off while it names neither a certificate nor clients."""

    cert: Text | None = None
    """PEM, in place of ``cert_file``."""
    key: SecretStr | None = None
    client_ca: Text | None = None
    cert_file: File | None = None
    key_file: File | None = None
    client_ca_file: File | None = None
    client_auth_type: Annotated[ClientAuth, PlainValidator(parse_client_auth)] = ClientAuth.NONE
    client_allowed_sans: tuple[Text, ...] = ()
    """Alternative names, of which a client's certificate must have one."""
    min_version: Version = TLSVersion.TLSv1_2
    max_version: Version = TLSVersion.TLSv1_3
    cipher_suites: tuple[Annotated[str, PlainValidator(parse_cipher)], ...] = ()
    """Of TLS 1.2; those of TLS 1.3 are always on."""
    prefer_server_cipher_suites: Flag = True
    curve_preferences: tuple[Annotated[str, PlainValidator(parse_curve)], ...] = ()

    @property
    def is_on(self) -> bool:
        """Tell whether TLS is spoken."""
        asks = self.client_auth_type is not ClientAuth.NONE
        return asks or any((self.cert, self.key, self.client_ca, self.cert_file, self.key_file, self.client_ca_file))

    @property
    def files(self) -> tuple[File, ...]:
        """The files that it names."""
        return tuple(file for file in (self.cert_file, self.key_file, self.client_ca_file) if file)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpServer(Section):
    """``http_server_config``."""

    http2: Flag = True
    """Taken and without meaning: Medic speaks HTTP/1.1, to which every client of HTTP/2 falls back."""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfiguration(Section):
    """The whole file."""

    tls_server_config: TlsServer = TlsServer()
    http_server_config: HttpServer = HttpServer()
    basic_auth_users: dict[str, SecretStr] = field(default_factory=dict, repr=False)
    """Hashes by bcrypt, by name."""
