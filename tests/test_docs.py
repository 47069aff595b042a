from __future__ import annotations

import ast
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
import typer
from typer.core import TyperGroup

import memctl as package
from memctl.cli.app import app
from memctl.core.backends import list_backends
from memctl.model.backend.capability import Capability
from memctl.model.errors import MemctlError

from .conftest import SAMPLE
from .pages import INSTALLING, ROOT, Reader, blocks, is_as_shown, steps

DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
FOLLOWED = [README, DOCS / "tutorial.md", *sorted(DOCS.glob("how-to/*.md"))]
ABOUT_CODE = [DOCS / "architecture.md", DOCS / "writing-a-backend.md"]
RUN_BY_ANOTHER_TEST = {DOCS / "how-to" / "open-an-archive.md"}
"""Its Python needs packages of the extra `dev`; `backends/archive/test_format` runs it."""


def relative(page: Path) -> str:
    return str(page.relative_to(ROOT))


def reference(name: str) -> str:
    return (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")


def sources() -> list[Path]:
    return sorted((ROOT / "memctl").rglob("*.py"))


# The generated files


@pytest.fixture
def generate(monkeypatch, capsys):
    """Run `python docs/generate.py` of some clone; give what it prints and its exit code."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(root, *arguments):
        script = runpy.run_path(str(root / "docs" / "generate.py"))
        monkeypatch.setattr(sys, "argv", ["generate.py", *arguments])
        code = script["main"]()
        return capsys.readouterr().out.splitlines(), code

    return run


def test_generated_files_are_current(generate):
    assert generate(ROOT, "--check") == ([], 0)


def test_the_check_fails_and_names_what_is_not_current(generate, tmp_path):
    (tmp_path / "memctl").symlink_to(ROOT / "memctl")
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copytree(ROOT / "completions", tmp_path / "completions")
    stale, missing = tmp_path / "docs/reference/json.md", tmp_path / "completions/_memctl"
    stale.write_text("old", encoding="utf-8")
    missing.unlink()

    printed, code = generate(tmp_path, "--check")

    assert code == 1
    assert printed == ["not current: docs/reference/json.md", "not current: completions/_memctl"]
    assert stale.read_text(encoding="utf-8") == "old"
    assert not missing.exists()


# What the reference mentions


def every_command(found=None, words=("memctl",)):
    found = found or typer.main.get_command(app)
    yield " ".join(words), found
    if isinstance(found, TyperGroup):
        context = typer.Context(found, info_name="memctl")
        for name in found.list_commands(context):
            yield from every_command(found.get_command(context, name), (*words, name))


COMMANDS = dict(every_command())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_and_option_is_in_the_reference(words):
    command = COMMANDS[words]
    page = reference("commands")
    section = page.partition(f"# {words}\n")[2].partition("\n#")[0] if " " in words else page
    common = page.partition("## Options of every command")[2]

    assert section
    for option in (each for one in command.params for each in one.opts if each.startswith("-")):
        assert re.search(rf"`{option}[ `]", section + common), option


def test_every_backend_setting_and_capability_is_in_the_reference():
    page = reference("backends")

    for backend in list_backends().backends:
        section = page.partition(f"## {backend.name}\n")[2].partition("\n## ")[0]
        assert section
        for setting in backend.settings:
            assert f"| `{setting.name}` |" in section
    for capability in Capability:
        assert f"| `{capability}` |" in page


def test_every_error_is_in_the_reference():
    for each in walk_packages(package.__path__, "memctl."):
        if not each.name.endswith("__main__"):
            import_module(each.name)
    page = reference("exit-codes")

    def below(base):
        return [base, *(one for each in base.__subclasses__() for one in below(each))]

    for error in below(MemctlError):
        if error.__module__.startswith("memctl."):
            assert f"| `{error.code}` | {error.exit_code} |" in page
            assert f"\n| {error.exit_code} | " in page


def test_every_environment_variable_is_in_the_reference():
    page = reference("environment")
    named = {
        node.value
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"MEMCTL_[A-Z_]+|(NO|FORCE)_COLOR|TERM|COLUMNS", node.value)
    }
    named |= {
        parameter.envvar
        for command in COMMANDS.values()
        for parameter in command.params
        if parameter.envvar
    }

    assert {"MEMCTL_HOME", "MEMCTL_GROUP", "NO_COLOR"} <= named
    for name in named:
        assert f"| `{name}` |" in page


@pytest.mark.parametrize("name", ["commands", "backends", "environment", "exit-codes", "json"])
def test_everything_in_the_reference_has_a_meaning(name):
    rows = [line for line in reference(name).splitlines() if line.startswith("|")]

    assert rows
    assert [row for row in rows if "|  |" in row] == []


# Pages and their links


def test_the_readme_has_at_most_a_hundred_lines():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 100


def test_the_readme_opens_with_the_two_commands_that_do_all():
    consoles = [each for each in blocks(README) if each.language == "console"]

    first, second = ([step.command for step in steps(each.text)] for each in consoles[:2])
    assert len(first) == len(second) == 1
    for words in ("setup chroma", "migrate archive:docs/sample chroma", "verify", "stats"):
        assert f" .venv/bin/memctl {words}" in first[0]
    run = first[0].split(" && ")[:2] + second[0].split(" && ")
    assert tuple(run) == INSTALLING


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page):
    text = re.sub(
        r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )

    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, fragment = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in {as_anchor(each) for each in headings}, target


def as_anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_page_is_listed_and_can_be_reached():
    index = (DOCS / "README.md").read_text(encoding="utf-8")

    for page in set(PAGES) - {README, ROOT / "CHANGELOG.md", DOCS / "README.md"}:
        assert f"({page.relative_to(DOCS)})" in index


@pytest.mark.parametrize("page", ABOUT_CODE, ids=relative)
def test_files_and_functions_that_a_page_names_are_there(page):
    text = page.read_text(encoding="utf-8")
    defined = {
        node.name
        for path in [*sources(), *(ROOT / "tests").rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }

    for path in re.findall(r"`((?:memctl|tests|docs|completions)/[\w./-]*)`", text):
        assert "NAME" in path or (ROOT / path).exists(), path
    for name in re.findall(r"`(\w+)\(\)`", text):
        assert name in defined, name


def test_the_architecture_page_names_every_room():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")

    for room in {path.relative_to(ROOT).parts[1] for path in sources()}:
        assert room.endswith(".py") or f"| `memctl/{room}/` |" in text, room


# Doing what a page says


@pytest.fixture
def reader(monkeypatch, home):
    """Somebody in a directory with a short name, for names appear in what is printed."""
    directory = Path(tempfile.mkdtemp(prefix="m", dir="/tmp"))
    shutil.copytree(SAMPLE, directory / "docs" / "sample")
    monkeypatch.chdir(directory)
    monkeypatch.setenv("PWD", str(directory))
    monkeypatch.setenv("MEMCTL_HOME", str(directory / "home"))
    monkeypatch.setenv("COLUMNS", "96")
    monkeypatch.setenv("TERM", "dumb")
    yield Reader(directory)
    shutil.rmtree(directory)


@pytest.mark.parametrize("page", FOLLOWED, ids=relative)
def test_a_page_shows_what_its_reader_gets(page, reader):
    found = blocks(page)
    for block, following in zip(found, [*found[1:], None], strict=True):
        if block.file:
            reader.save(block.file, block.text)
        elif block.language == "console":
            follow_console(reader, block)
        elif block.language == "python" and page not in RUN_BY_ANOTHER_TEST:
            printed = reader.python(block.text)
            if following is not None and following.language == "text":
                assert is_as_shown(following.text.splitlines(), printed), printed


def follow_console(reader, block):
    shown = steps(block.text)
    for step, following in zip(shown, [*shown[1:], None], strict=True):
        printed = reader.type(step.command)

        where = f"`{step.command}` below line {block.line} prints:\n{printed}"
        if step.shown:
            assert is_as_shown(step.shown, printed), where
        if reader.exit_code and step.command != "echo $?":
            assert following is not None, where
            assert following.command == "echo $?", where
            assert following.shown, where


def test_the_contract_suite_holds_in_a_project_of_its_own_as_the_page_says(tmp_path):
    (block,) = (each for each in blocks(DOCS / "writing-a-backend.md") if each.language == "python")
    (tmp_path / block.file).write_text(block.text, encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", block.file],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout
    assert re.search(r"^\d{3} passed", ran.stdout, re.MULTILINE)
