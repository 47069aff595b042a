"""What commands return as JSON: the classes behind `data`, found in the code; no layout."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import textwrap
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from importlib import import_module
from typing import Any

import memctl
from memctl.model.errors import MemctlError


@dataclass(frozen=True, slots=True)
class Key:
    """A key of an object.

    Attributes:
        name: the key.
        form: the annotation in Python, as a tree.
        meaning: what the class says of it; may be empty.
    """

    name: str
    form: ast.expr
    meaning: str


def every_module() -> list[Any]:
    """Import all of memctl, so that every class of it is known."""
    found = pkgutil.walk_packages(memctl.__path__, "memctl.")
    return [import_module(each.name) for each in found if not each.name.endswith("__main__")]


def model_classes() -> dict[str, type]:
    """Give the dataclasses, enums and errors of `memctl.model`, by name."""
    return {
        name: each
        for module in every_module()
        if module.__name__.startswith("memctl.model")
        for name, each in vars(module).items()
        if isinstance(each, type) and (is_dataclass(each) or issubclass(each, Enum | MemctlError))
    }


def result_of(function: Any) -> str:
    """Name the result of a command's function: what it imports, or what it gets from `core`.

    Raises:
        LookupError: when the body of the function calls nothing in `core` that returns a result.
    """
    package = function.__module__.rpartition(".")[0]
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.module == "model.results":
            return next(each.name for each in node.names if each.name.endswith("Result"))
        if (node.module or "").startswith("core"):
            module = import_module("." * node.level + str(node.module), package)
            for alias in node.names:
                returned = inspect.get_annotations(getattr(module, alias.name)).get("return", "")
                if str(returned).endswith("Result"):
                    return str(returned)
    raise LookupError(f"{function.__qualname__} calls nothing in `core` that returns a result")


def keys(cls: type) -> list[Key]:
    """List the keys of the object that a dataclass becomes."""
    hidden = getattr(cls, "HIDDEN", frozenset())
    meanings = {name: text for each in reversed(cls.__mro__) for name, text in _said(each).items()}
    return [
        Key(field.name, ast.parse(str(field.type), mode="eval").body, meanings.get(field.name, ""))
        for field in fields(cls)
        if field.name not in hidden
    ]


def first_sentence(cls: type) -> str:
    """Give the first paragraph of a class's docstring, on one line."""
    return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())


def _said(cls: type) -> dict[str, str]:
    """Read what a class says of its attributes."""
    listed = (inspect.cleandoc(cls.__doc__ or "")).partition("Attributes:\n")[2]
    entries = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def every_error(base: type[MemctlError] = MemctlError) -> list[type[MemctlError]]:
    """Give a class of errors and all below it."""
    below = sorted(base.__subclasses__(), key=lambda each: each.__name__)
    return [base, *(one for each in below for one in every_error(each))]
