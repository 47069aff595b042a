"""The page about exit codes and errors."""

from __future__ import annotations

from memctl.model.errors import MemctlError

from .markdown import code, page, sentence, table
from .results import every_error, every_module, first_sentence

INTRO = """
A script can rely on these. A code that is not listed is a failure too.
"""

MEANINGS = {
    0: "Done. Bare `memctl` too: help was asked for.",
    1: "An unexpected error, or the user declined.",
    2: "The command line can't be carried out as it is written. Nothing was changed.",
    3: "The answer is no: `verify` found a problem, two sides differ, there is a conflict, "
    "a record is not there, or all was left out of a copy.",
    4: "Configuration: no such profile, invalid settings, not a store, a damaged store, a wrong "
    "dimension, memctl's own files unusable.",
    5: "Credentials are missing or were rejected, or something is not permitted.",
    6: "Unreachable, timed out, or locked by another process: trying again may help.",
    7: "Not supported: by this backend, this schema level, or this target without loss; or an "
    "optional package is missing.",
    8: "Partial: some records failed, or something broke it off after some were written or "
    "deleted. Running the same command again resumes it.",
    130: "Interrupted. Running the same command again resumes it. A second Ctrl-C ends the process "
    "at once, by the signal: a shell says 130 of that too.",
}

UNEXPECTED = "Something went wrong that memctl has no name for: a bug."
"""The base of all errors is raised itself only then."""

ERRORS_INTRO = """
With `--json`, `errors[].code` is one of these words. The message is for people and may change; the
code stays.
"""


def exit_codes_page() -> str:
    """List exit codes, and every error with its code."""
    every_module()
    found = sorted(every_error(), key=lambda each: (each.exit_code, each.code))
    errors = (
        [
            code(each.code),
            str(each.exit_code),
            UNEXPECTED if each is MemctlError else sentence(first_sentence(each)),
        ]
        for each in found
    )
    unexplained = {each.exit_code for each in found} - MEANINGS.keys()
    if unexplained:
        raise LookupError(f"exit codes without a meaning: {sorted(unexplained)}")
    return page(
        "Exit codes",
        INTRO,
        table(("exit", "meaning"), ([str(each), text] for each, text in MEANINGS.items())),
        "## Errors",
        ERRORS_INTRO,
        table(("code", "exit", "meaning"), errors),
    )
