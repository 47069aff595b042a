"""The settings that the `chroma` backend declares."""

from __future__ import annotations

from typing import Final

from ...model.setting import EMBEDDER_SETTINGS, Setting, SettingKind

PLACES: Final = ("path", "host")
"""Exactly one of them says where the store lies."""

SETTINGS: Final = (
    Setting("path", "The store's directory.", SettingKind.PATH),
    Setting(
        "host",
        "The server's name or address, instead of a directory.",
        SettingKind.HOST,
        login="token",
    ),
    Setting(
        "port",
        "The server's port.",
        SettingKind.INTEGER,
        default=8000,
        goes_with="host",
        most=65535,
    ),
    Setting(
        "ssl",
        "Connect to the server by https.",
        SettingKind.SWITCH,
        default=False,
        goes_with="host",
    ),
    Setting("tenant", "The server's tenant.", default="default_tenant", goes_with="host"),
    Setting("database", "The tenant's database.", default="default_database", goes_with="host"),
    Setting("token", "The token that the server wants.", secret=True),
    Setting(
        "token_header",
        "The header that carries the token.",
        default="Authorization",
        choices=("Authorization", "X-Chroma-Token"),
        goes_with="host",
    ),
    Setting("dimension", "The dimension that vectors should have.", SettingKind.INTEGER),
    Setting("metric", "How vectors are ranked.", default="cosine", choices=("cosine", "l2", "ip")),
    Setting(
        "map",
        "The memory type of a collection whose name does not say it; repeatable.",
        SettingKind.MAPPING,
    ),
    *EMBEDDER_SETTINGS,
)
