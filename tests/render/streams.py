"""Streams to render to, and what a result looks like there; no test of its own."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

from memctl.render.people import show


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and keeps what it is told."""

    def isatty(self):
        return True


def shown(result, *, on=io.StringIO, **options):
    """Show a result; return what went to standard output and to standard error."""
    with redirect_stdout(on()) as out, redirect_stderr(on()) as err:
        show(result, **options)
    return written(out), written(err)


def ascii_stream():
    """Make a stream that takes only ASCII."""
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")


def written(stream):
    """Return what was written to a stream."""
    if isinstance(stream, io.StringIO):
        return stream.getvalue()
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding)
