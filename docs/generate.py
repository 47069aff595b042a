"""Writes the reference pages and the completion files: ``python docs/generate.py [--check]``.

With ``--check`` it writes nothing, and exits with 1 when a file is not what it would write.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from generators.backends_page import backends_page  # noqa: E402 - it lies beside this script
from generators.command_pages import commands_page, environment_page  # noqa: E402
from generators.completions import SHELLS, completion  # noqa: E402
from generators.exit_codes_page import exit_codes_page  # noqa: E402
from generators.json_page import json_page  # noqa: E402

PAGES = {
    "commands.md": commands_page,
    "backends.md": backends_page,
    "environment.md": environment_page,
    "exit-codes.md": exit_codes_page,
    "json.md": json_page,
}


def generated() -> dict[Path, str]:
    """Give the text of every generated file."""
    reference, completions = ROOT / "docs" / "reference", ROOT / "completions"
    pages = {reference / name: make() for name, make in PAGES.items()}
    return pages | {completions / name: completion(each, ROOT) for name, each in SHELLS.items()}


def main() -> int:
    """Write every file that is not current, or only name it."""
    is_check = "--check" in sys.argv[1:]
    stale = []
    for path, text in generated().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not is_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print("not current:" if is_check else "written:", path.relative_to(ROOT))
    return 1 if stale and is_check else 0


if __name__ == "__main__":
    sys.exit(main())
