"""Small pieces of Markdown, spelled one way on every generated page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTE = "<!-- Made by `python docs/generate.py` from the code: change that instead. -->"


def page(title: str, *parts: str) -> str:
    """Put a page together; its parts are set off by an empty line."""
    return "\n\n".join([NOTE, f"# {title}", *(part.strip("\n") for part in parts if part)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; without rows it is nothing."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *lines]) if lines else ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def code(text: object) -> str:
    """Write a word of code."""
    return f"`{text}`"


def listed(words: Iterable[object]) -> str:
    """List words of code."""
    return ", ".join(map(code, words))


def sentence(text: str) -> str:
    """Write a text with a capital letter, but for the name of memctl, and a full stop."""
    stripped = " ".join(text.split()).rstrip(".")
    first = stripped[:1] if stripped.startswith("memctl") else stripped[:1].upper()
    return f"{first}{stripped[1:]}." if stripped else ""


def anchor(heading: str) -> str:
    """Give the fragment that leads to a heading, as GitHub makes it."""
    kept = (each for each in heading.lower() if each.isalnum() or each in " -_")
    return "".join(kept).replace(" ", "-")
