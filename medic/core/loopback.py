"""Loopback: which addresses only this machine reaches, and whether a client means it."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address; a name other than localhost may lead anywhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def names_loopback(header: str | None) -> bool:
    """Tell whether a request's ``Host`` names this machine as such.

    A web page that lets its own name lead to 127.0.0.1 (DNS rebinding) has the browser send that name, and a proxy for
    others its own. A client that sends no ``Host`` is no browser.
    """
    if not header:
        return True
    name, colon, port = header.rpartition(":")
    return is_loopback((name if colon and port.isdigit() else header).lower())
