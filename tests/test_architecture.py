from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import memctl
from memctl.backends.facets import ClearedWhole, Versioned
from memctl.backends.registry import backend_class, backend_names
from memctl.model.backend.capability import Capability

ROOT = Path(memctl.__file__).parent

MAY_IMPORT = {
    "model": {"model"},
    "cli": {"cli", "core", "render", "sandbox", "model"},
    "core": {"core", "backends", "store", "secrets", "embedding", "model"},
    "backends": {"backends", "formats", "workspace", "model"},
    "formats": {"formats", "model"},
    "render": {"render", "model"},
    "store": {"store", "model"},
    "secrets": {"secrets", "model"},
    "embedding": {"embedding", "workspace", "model"},
    "workspace": {"workspace", "model"},
    "sandbox": {"sandbox"},
    "testing": {"testing", "backends", "model"},
}
OF_BACKENDS_FOR_TESTING = {"base", "exchange", "facets"}
OF_FORMATS_FOR_CORE = ("memctl", "formats", "opening")
ONE_FUNCTION_FOR_COMPLETION = ("cli/complete.py", "store")
HEAVY = {
    "chromadb",
    "cryptography",
    "databricks",
    "filelock",
    "hypothesis",
    "keyring",
    "numpy",
    "platformdirs",
    "pyarrow",
    "pydantic",
    "pytest",
    "rich",
    "sqlalchemy",
    "sqlmodel",
    "starlette",
    "uvicorn",
}
MAY_IMPORT_AT_THE_TOP = {
    "backends": {"databricks", "numpy", "pyarrow", "pydantic"},
    "formats": {"numpy"},
    "render": {"rich"},
    "sandbox": {"starlette", "uvicorn"},
    "secrets": {"keyring"},
    "store": {"sqlalchemy", "sqlmodel"},
    "testing": {"hypothesis", "numpy", "pytest"},
    "workspace": {"databricks", "pydantic"},
}
"""In modules that are imported when a store is opened; `test_startup` holds what that means."""

SHARED_BY_BACKENDS = {
    "base",
    "exchange",
    "facets",
    "holding",
    "provisioning",
    "shared",
    "collection_clearing",
}

MODULES = sorted(ROOT.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def imported_modules(path: Path, tree: ast.AST) -> list[tuple[str, ...]]:
    """Give the parts of each module that a file imports, wherever in it."""
    package = ("memctl", *path.relative_to(ROOT).parts[:-1])
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            found += [(*module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [tuple(alias.name.split(".")) for alias in node.names]
    return found


def top_level_statements(tree: ast.Module) -> ast.Module:
    """Leave out what runs later or never: functions, and blocks for the type checker."""
    kept = [
        node
        for node in tree.body
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If)
    ]
    return ast.Module(kept, [])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
class TestEveryModule:
    def test_imports_only_the_rooms_that_it_may(self, path):
        room = room_of(path)
        if room not in MAY_IMPORT:
            assert path.name in {"__init__.py", "__main__.py"}
            return
        parts = imported_modules(path, ast.parse(path.read_text()))
        if room == "core":
            parts = [each for each in parts if each[:3] != OF_FORMATS_FOR_CORE]
        rooms = {each[1] for each in parts if each[0] == "memctl" and len(each) > 1}
        if str(path.relative_to(ROOT)) == ONE_FUNCTION_FOR_COMPLETION[0]:
            rooms.discard(ONE_FUNCTION_FOR_COMPLETION[1])

        assert rooms <= MAY_IMPORT[room] | {"__version__"}

    def test_a_backend_imports_no_other_backend(self, path):
        parts = path.relative_to(ROOT).parts
        shared = {"base", "exchange", "ranking", "registry"}
        if parts[0] != "backends" or parts[1].removesuffix(".py") in {*shared, "__init__"}:
            return
        own = parts[1].removesuffix(".py")
        imported = {
            each[2]
            for each in imported_modules(path, ast.parse(path.read_text()))
            if each[:2] == ("memctl", "backends") and len(each) > 2
        }

        assert imported <= {own, *SHARED_BY_BACKENDS}

    def test_the_contract_suite_knows_no_backend(self, path):
        imported = {
            each[2]
            for each in imported_modules(path, ast.parse(path.read_text()))
            if each[:2] == ("memctl", "backends") and len(each) > 2
        }

        assert room_of(path) != "testing" or imported <= OF_BACKENDS_FOR_TESTING

    def test_imports_nothing_heavy_at_its_top(self, path):
        tree = top_level_statements(ast.parse(path.read_text()))
        heavy = {each[0] for each in imported_modules(path, tree)} & HEAVY

        assert heavy <= MAY_IMPORT_AT_THE_TOP.get(room_of(path), set())

    def test_opens_with_a_sentence_about_what_lives_there(self, path):
        docstring = ast.get_docstring(ast.parse(path.read_text())) or ""

        assert docstring.split("\n")[0].endswith(".")

    def test_is_at_most_about_300_lines_of_functions_of_about_40(self, path):
        text = path.read_text()
        functions = [
            node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)
        ]

        assert text.count("\n") <= 320
        for node in functions:
            body = node.end_lineno - node.body[0].lineno + 1
            assert body <= 45, node.name


def test_no_folder_but_that_of_the_commands_has_more_than_sixteen_files():
    files = Counter(path.parent for path in MODULES if room_of(path) != "cli")

    assert {folder for folder, number in files.items() if number > 16} == set()


def imports_within() -> dict[str, set[str]]:
    """Give the modules of memctl that each imports, deferred and for types only included."""
    names = {
        ".".join(("memctl", *path.relative_to(ROOT).with_suffix("").parts)) for path in MODULES
    }
    names = {each.removesuffix(".__init__") for each in names}
    found: dict[str, set[str]] = {}
    for path in MODULES:
        own = ".".join(("memctl", *path.relative_to(ROOT).with_suffix("").parts))
        own = own.removesuffix(".__init__")
        found[own] = set()
        for parts in imported_modules(path, ast.parse(path.read_text())):
            module = next(
                (
                    ".".join(parts[:end])
                    for end in (len(parts), len(parts) - 1)
                    if ".".join(parts[:end]) in names
                ),
                None,
            )
            found[own] |= {module} - {None, own}
    return found


def test_no_modules_import_each_other_in_a_circle():
    imports = imports_within()
    assert len(imports) > 300
    while ends := {each for each, others in imports.items() if not others & imports.keys()}:
        imports = {each: others for each, others in imports.items() if each not in ends}

    assert imports == {}


def test_the_journal_of_whatever_opens_a_store_tells_no_secret():
    for path in (ROOT / "core").rglob("*.py"):
        text = path.read_text()
        if re.search(r"\b(open_selection|open_indexes|open_backup|Transfer)\b", text):
            calls = re.findall(r"\brun_operation\((?:[^()]|\([^()]*\))*\)", text)
            assert all("redactor=" in each for each in calls), path


def test_nothing_outside_the_backends_asks_which_backend_it_is():
    names = {"chroma", "archive", "databricks", "crewai"}
    for path in MODULES:
        if room_of(path) in {"backends", "formats"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                constants = {
                    each.value
                    for each in [node.left, *node.comparators]
                    if isinstance(each, ast.Constant)
                }
                assert not constants & names, path


@pytest.mark.parametrize("name", backend_names())
def test_a_backend_has_the_facet_of_each_capability_that_needs_one(name):
    backend = backend_class(name)
    needed = {Capability.PURGE_VERSIONS: Versioned, Capability.CLEAR_WHOLE: ClearedWhole}

    for capability, facet in needed.items():
        assert (capability in backend.info.capabilities) == issubclass(backend, facet)
