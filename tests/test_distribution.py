from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from email.parser import HeaderParser
from zipfile import ZipFile

import pytest

import memctl
from memctl.backends import registry
from memctl.model.backend.packages import EXTRAS, way_to_add, way_to_install
from memctl.model.errors import BackendNotInstalled

from .pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILES = (
    ".ci",
    "CHANGELOG.md",
    "README.md",
    "completions",
    "docs",
    "memctl",
    "pyproject.toml",
    "tests",
)
"""What the project consists of; a clone may hold an environment and other things beside it."""

OURS, THEIRS = "agent-memctl", "memctl"
NAMED_ALONE = r"(?<![\w./-])memctl(?![\w./-])"
"""The distribution of another project: neither a path nor a part of another name."""
MISTAKEN = [
    re.compile(r"(?<![\w-])memctl ?\["),
    re.compile(r"(?<![\w-])memctl ?(?:[=~!<>]=) ?\d"),
    re.compile(
        r"\b(?:pip[\d.]*|pipx|uv|poetry|pdm|conda|mamba|rye)\b[^`&;|]{0,30}"
        r"\b(?:install|add|inject|run|upgrade|download|wheel|show|require)\b[^`&;|.]{0,40}?"
        + NAMED_ALONE
    ),
    re.compile(r"\buvx\b[^`&;|]{0,40}?" + NAMED_ALONE),
    re.compile(r"/(?:project|simple)/memctl\b"),
]


def mistaken(text):
    return [found[0] for each in MISTAKEN for found in each.finditer(text)]


def project_files():
    for name in FILES:
        top = ROOT / name
        below = top.rglob("*") if top.is_dir() else [top]
        yield from (path for path in below if path.is_file() and path.suffix != ".pyc")


def test_nothing_names_the_distribution_of_another_project():
    found = {
        str(path.relative_to(ROOT)): named
        for path in project_files()
        if (named := mistaken(path.read_text(encoding="utf-8", errors="replace")))
    }

    assert found == {}


COMMANDS = [
    "pip install {}",
    "pip3 install --upgrade {}",
    "python -m pip install -U\n{}",
    "pip install '{}[crewai]'",
    "pip install lancedb {}",
    "pipx install {}",
    "pipx run {} stats",
    "uv tool install {}",
    "uv pip install {}",
    "uv add {}",
    "uvx {} stats",
    "poetry add {}",
    "hint: install `{}[sandbox]`",
    "{}>=0.1",
    "https://index.example/project/{}/",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_text_that_names_it_would_be_found(command):
    assert mistaken(command.format(THEIRS))
    assert not mistaken(command.format(OURS))


def test_the_packages_of_the_extras_are_those_of_the_project():
    optional = PROJECT["project"]["optional-dependencies"]

    assert {extra: list(packages) for extra, packages in EXTRAS.items()} == {
        extra: packages for extra, packages in optional.items() if extra not in {"test", "dev"}
    }


def test_pages_name_the_packages_of_the_extras_as_they_are():
    packages = [each for packages in EXTRAS.values() for each in packages]
    names = "|".join(re.match(r"[\w-]+", each)[0] for each in packages)
    written = re.compile(rf"\b(?:{names})[<>=][^'`\s]*")
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    named = {each for page in pages for each in written.findall(page.read_text(encoding="utf-8"))}

    assert named == set(packages)


def test_what_a_hint_says_installs_into_the_python_that_memctl_runs_on():
    # Of what is there already, `--dry-run` needs no network.
    ran = subprocess.run(
        ["/bin/sh", "-c", way_to_add("sandbox") + " --dry-run --no-index"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "Requirement already satisfied: starlette>=0.40" in ran.stdout


def test_a_path_with_a_space_stays_one_word_in_a_hint(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/opt/my tools/bin/python")

    assert way_to_install("one>=2,<3", "two") == (
        "'/opt/my tools/bin/python' -m pip install 'one>=2,<3' two"
    )


@pytest.mark.parametrize("backend", ["crewai", "chroma"])
def test_a_backend_whose_package_is_missing_names_what_brings_it(backend, monkeypatch):
    monkeypatch.setitem(registry.BACKENDS, backend, "nowhere:Missing")
    monkeypatch.setattr(registry, "import_module", lambda _: importlib.import_module("no_package"))

    with pytest.raises(BackendNotInstalled, match="`no_package`") as error:
        registry.backend_class(backend)

    assert (way_to_add("crewai") in error.value.hint) == (backend == "crewai")
    assert not mistaken(error.value.hint)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, as `pip install .` builds it."""
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", directory],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = directory.iterdir()
    with ZipFile(path) as opened:
        yield opened


def test_the_wheel_is_ours_and_brings_the_command_and_the_package_memctl(wheel):
    about = f"agent_memctl-{memctl.__version__}.dist-info"
    metadata = HeaderParser().parsestr(wheel.read(f"{about}/METADATA").decode())

    assert (metadata["Name"], metadata["Version"]) == (OURS, memctl.__version__)
    assert "memctl = memctl.__main__:main" in wheel.read(f"{about}/entry_points.txt").decode()
    assert {name.split("/")[0].partition("-")[0] for name in wheel.namelist()} == {
        "memctl",
        "agent_memctl",
    }
    assert not any(mistaken(each) for each in metadata.get_all("Requires-Dist"))


def test_the_wheel_brings_the_contract_suite(wheel):
    assert "memctl/testing/contract.py" in wheel.namelist()


def test_the_wheel_puts_the_completions_where_shells_look_for_them(wheel):
    shared = f"agent_memctl-{memctl.__version__}.data/data/share"

    assert {
        f"{shared}/bash-completion/completions/memctl",
        f"{shared}/zsh/site-functions/_memctl",
        f"{shared}/fish/vendor_completions.d/memctl.fish",
    } <= set(wheel.namelist())
