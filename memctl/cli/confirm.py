"""The one gate before anything destructive; what is destroyed, each command says itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from ..model.errors import Declined, UsageError

if TYPE_CHECKING:
    from ..model.results import Reembedded, Result
    from .output import Output


class Gate:
    """Lets a destructive command pass once the user has agreed.

    Args:
        out: where the question goes.
        yes: the user has agreed already, with ``--yes``.
        dry_run: nothing will be destroyed.

    Raises:
        UsageError: when nobody can be asked; that is before anything is connected.
    """

    def __init__(self, out: Output, *, yes: bool, dry_run: bool) -> None:
        self._out = out
        self._is_open = yes or dry_run
        self._is_dry_run = dry_run
        if not self._is_open:
            _check_somebody_is_there(out, "deletes")

    def confirm(self, preview: Result, word: str) -> None:
        """Show what would be destroyed, and ask the user to type a word.

        Raises:
            Declined: when something else is typed.
        """
        if self._is_dry_run:
            return
        if not (self._is_open and (self._out.json or self._out.quiet)):
            self._out.preview(preview)
        if not self._is_open and self._out.ask(f"type `{word}` to delete it: ") != word:
            raise Declined(f"`{word}` was not typed", hint="nothing was deleted")


class EmbeddingGate:
    """Lets texts go to a model once the user has seen how many, and agreed.

    Args:
        out: where the question goes.
        is_open: the user has agreed already, or nothing is embedded.

    Raises:
        UsageError: when nobody can be asked; that is before anything is connected.
    """

    def __init__(self, out: Output, *, is_open: bool) -> None:
        self._out = out
        self._is_open = is_open
        if not is_open:
            _check_somebody_is_there(out, "embeds texts")

    def agree(self, planned: Reembedded) -> None:
        """Show what is about to be embedded, and ask for `yes`.

        Raises:
            Declined: when something else is typed.
        """
        from ..render.people.moving.migrate import name_texts

        texts = name_texts(planned)
        if self._is_open:
            self._out.progress.note(f"embedding {texts}")
        elif self._out.ask(f"embed {texts}? Type `yes`: ") != "yes":
            raise Declined("`yes` was not typed", hint="nothing was embedded or written")


def _check_somebody_is_there(out: Output, act: str) -> None:
    if out.no_input or not is_on_terminal():
        raise UsageError(
            f"`memctl {out.command}` asks before it {act}, and nobody can be asked here",
            hint="look with `--dry-run`, then add `--yes`",
        )


def is_on_terminal() -> bool:
    """Return whether somebody can read the question and answer it."""
    streams: list[TextIO | None] = [sys.stdin, sys.stderr]
    return all(each is not None and each.isatty() for each in streams)
