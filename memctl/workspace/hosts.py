"""One spelling for a workspace's address, and which addresses a secret may go to; no requests."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from ..model.errors import InvalidSetting

_DEFAULT_PORTS = {"https": 443, "http": 80}


def normalise_host(text: str) -> str:
    """Return the origin of a workspace's URL: scheme, host in lower case, port unless usual.

    What users paste from a browser is understood: a path, ``?o=123``, a slash at the end, a
    missing scheme.

    Raises:
        InvalidSetting: when it is no such URL, holds a password, or is not safe to send secrets to.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _invalid("is not a URL") from None
    if parts.username is not None or parts.password is not None:
        raise _invalid("holds a user name or a password")
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host or not _is_host_name(host):
        raise _invalid("is not a URL")
    if scheme == "http" and not is_loopback(host):
        raise InvalidSetting(
            f"setting `workspace_url`: `http://{host}` would send secrets in clear text",
            hint=f"write `https://{host}`",
        )
    shown = f"[{host}]" if ":" in host else host
    is_usual = port is None or port == _DEFAULT_PORTS[scheme]
    return f"{scheme}://{shown}" if is_usual else f"{scheme}://{shown}:{port}"


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_data_plane(url: str) -> str:
    """Return the address that an index names for its rows, with its scheme.

    The service leaves the scheme away and means https.

    Raises:
        InvalidSetting: when a token would go there in clear text.
    """
    whole = url if "://" in url else f"https://{url}"
    normalise_host(whole)
    return whole.rstrip("/")


def _is_host_name(host: str) -> bool:
    return all(each.isalnum() or each in "-._:" for each in host) and host.isascii()


def _invalid(why: str) -> InvalidSetting:
    return InvalidSetting(
        f"setting `workspace_url`: what was given {why}",
        hint="write it as `https://WORKSPACE.cloud.databricks.com`",
    )
