"""What the addresses of brokers say; apart from who reads them, as the configuration is checked by this. Pure."""

from urllib.parse import parse_qs, urlsplit

IN_REDIS = frozenset({"redis", "rediss", "unix"})
AMQP = frozenset({"amqp", "amqps"})


def database(url: str) -> int:
    """Return the number of the database that an address of Redis names; raises ValueError for what is none."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return int(parse_qs(parts.query).get("db", ["0"])[0])
    return int(parts.path.strip("/") or 0)
