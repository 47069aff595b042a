"""The page about what `--json` prints: the keys of every result."""

from __future__ import annotations

import ast
from dataclasses import is_dataclass
from enum import Enum
from typing import TYPE_CHECKING

from memctl.model.errors import MemctlError
from memctl.model.results import Result

from .glossary import MEANINGS, OF_ONE_CLASS
from .markdown import anchor, code, listed, page, sentence, table
from .results import Key, first_sentence, keys, model_classes, result_of
from .tree import commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INTRO = """
With `--json` every command prints exactly one document to standard output: on success, on failure
and on a wrong command line.

```json
{
  "schema": 1,
  "command": "stats",
  "status": "error",
  "exit_code": 4,
  "data": {},
  "errors": [
    {
      "code": "profile_not_found",
      "message": "no profile named `prod` in group `acme`",
      "hint": "run `memctl config list -g acme`"
    }
  ]
}
```
"""

RULES = """
Keys are only ever added. `schema` grows when a key goes or changes its meaning. Times are RFC 3339
in UTC, days are `YYYY-MM-DD`. There are no colours and no secrets in it. `data` is `{}` where a
command failed before it had anything to tell. Reading all of a large store with
`memctl records list --json` needs memory for all of it; `--jsonl` prints one record a line instead,
each as soon as it is read, with the keys of a [MemoryRecord](#memoryrecord).
"""

ENVELOPE = (
    ("`schema`", "whole number", "The version of this form."),
    ("`command`", "text", "The words of the command."),
    ("`status`", "text", "`success`, `partial` (exit code 8) or `error`."),
    ("`exit_code`", "whole number", "The [exit code](exit-codes.md)."),
    ("`data`", "object", "The result, see below."),
    ("`errors`", "list of [error](#error)", "What went wrong; the first gives the exit code."),
)

ERROR = (
    ("`code`", "text", "One of the [codes](exit-codes.md#errors)."),
    ("`message`", "text", "What went wrong, where and why."),
    ("`hint`", "text or null", "What to do about it."),
)

SCALARS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "datetime": "time",
    "date": "day",
    "Any": "any JSON",
    "dict": "object",
    "NDArray": "text",
}


def json_page() -> str:
    """List the keys of each result, and of what is in it."""
    classes = model_classes()
    used: dict[str, list[str]] = {}
    for command in commands():
        if not command.commands:
            used.setdefault(result_of(command.function), []).append(command.name)
    inner = sorted(set(_below(used, classes)) - used.keys())
    sections = [_section(name, classes, used.get(name, [])) for name in [*used, *inner]]
    head = ("key", "form", "meaning")
    return page(
        "JSON output",
        INTRO,
        table(head, ENVELOPE),
        RULES,
        "## Results",
        table(
            ("command", "`data`"),
            ([listed(words), _link(name)] for name, words in used.items()),
        ),
        *sections,
        "## error",
        table(head, ERROR),
    )


def _section(name: str, classes: dict[str, type], words: list[str]) -> str:
    said = sentence(_in_json(first_sentence(classes[name])))
    by = f"Printed by {listed(words)}." if words else ""
    rows = (
        [code(key.name), _form(key.form, classes), _meaning(name, key, classes)]
        for key in keys(classes[name])
    )
    head = ("key", "form", "meaning")
    return "\n\n".join(filter(None, [f"## {name}", f"{said} {by}".strip(), table(head, rows)]))


def _meaning(cls: str, key: Key, classes: dict[str, type]) -> str:
    """Say what a key means: as its class does, else as the glossary does."""
    own = OF_ONE_CLASS.get(f"{cls}.{key.name}")
    said = own or _in_json(key.meaning) or MEANINGS.get(key.name, "")
    words = [
        f"One of {listed(each.value for each in classes[name])}."
        for name in dict.fromkeys(_names(key.form))
        if name in classes and issubclass(classes[name], Enum)
    ]
    return " ".join(filter(None, [sentence(said), *words]))


def _in_json(text: str) -> str:
    """Spell what a docstring says of Python as it is in JSON."""
    return text.replace("``", "`").replace("`None`", "null").removeprefix("aware, UTC").strip(".; ")


def _form(node: ast.expr, classes: dict[str, type]) -> str:
    """Say in words what an annotation becomes in JSON."""
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return f"{_form(left, classes)} or {_form(right, classes)}"
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return f"list of {_form(item, classes)}"
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[item, *_])):
            return f"list of {_form(item, classes)}"
        case ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name):
            return SCALARS.get(name) or _named(classes[name])
    return "null"


def _named(cls: type) -> str:
    if issubclass(cls, MemctlError):
        return "[error](#error)"
    return "text" if issubclass(cls, Enum) else _link(cls.__name__)


def _link(name: str) -> str:
    return f"[{name}](#{anchor(name)})"


def _below(names: Iterable[str], classes: dict[str, type]) -> Iterator[str]:
    """Give the dataclasses that are keys of these, and keys of theirs."""
    for name in names:
        for key in keys(classes[name]):
            for each in _names(key.form):
                if is_dataclass(classes.get(each)) and not issubclass(classes[each], Result):
                    yield each
                    yield from _below([each], classes)


def _names(node: ast.expr) -> list[str]:
    return [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
