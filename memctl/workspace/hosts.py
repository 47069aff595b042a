"""Which addresses a workspace's secrets may go to."""

from __future__ import annotations

from ..model.address.url import parse_base_url, parse_origin


def normalise_host(text: str) -> str:
    """Return the origin of a workspace's URL: scheme, host in lower case, port unless usual.

    Raises:
        InvalidSetting: when it is no such URL, holds a password, or is not safe to send secrets to.
    """
    return parse_origin(text, "the workspace", hint="write it as https://HOST")


def check_data_plane(url: str, index: str) -> str:
    """Return the address that an index names for its rows, with its scheme.

    The service leaves the scheme away and means https.

    Raises:
        InvalidSetting: when a token would go there in clear text, or it is no plain address.
    """
    what = f"the address of the rows of index `{index}`"
    hint = "ask the workspace's administrator: the service itself names it"
    return parse_base_url(url if "://" in url else f"https://{url}", what, hint=hint)
