"""Hands that damage stores of CrewAI's, or make them newer than they can be; no test of its own."""

from __future__ import annotations

import struct
from pathlib import Path

FOOTER = struct.Struct("<QHH4s")


def newest_manifest(store: Path) -> Path:
    """Find the manifest of the latest version, which has the lowest number."""
    found = (store / "memory" / "memories.lance" / "_versions").glob("*.manifest")
    return min(found, key=lambda each: int(each.stem))


def make_table_newer(store: Path) -> None:
    """Let the table ask its reader for a feature that no Lance of today has."""
    manifest = newest_manifest(store)
    data = manifest.read_bytes()
    offset, major, minor, magic = FOOTER.unpack(data[-FOOTER.size :])
    (length,) = struct.unpack_from("<I", data, offset)
    message = data[offset + 4 : offset + 4 + length]
    message += b"\x48" + b"\x80\x80\x80\x80\x80\x80\x80\x80\x40"  # reader_feature_flags = 2**62
    rest = struct.pack("<I", len(message)) + message + FOOTER.pack(offset, major, minor, magic)
    manifest.write_bytes(data[:offset] + rest)


def cut_data(store: Path, left: int) -> None:
    """Cut every data file short."""
    for each in (store / "memory" / "memories.lance" / "data").glob("*.lance"):
        each.write_bytes(each.read_bytes()[:left])
