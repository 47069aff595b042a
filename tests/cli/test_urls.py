"""No password that somebody writes into an address is kept or shown, whichever way it comes in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from memctl.backends.registry import backend_class, backend_names
from memctl.cli.app import app
from memctl.model.address.logins import masked
from memctl.model.backend.embedder import EmbedderName
from memctl.model.setting import SettingKind, environment_name
from memctl.store.database import open_state
from memctl.store.profiles import Profiles

PART = "s3cr3t"
"""Of the password, as it stands in every spelling of it."""
SECRET = f"{PART}-PLANTED"
LOGINS = (
    f"https://user:{SECRET}@host.example/x",
    f"https://{SECRET}@host.example",
    f"https://user:{SECRET}/x@host.example",
    f"https://user:{SECRET}#x@host.example",
    f"https://user:{SECRET}?x@host.example",
    f"https://user:{SECRET}@sub@host.example/x",
    f"https://user:{PART}%2DPLANTED@host.example/x",
    f"https://user%3A{SECRET}%40host.example/x",
    f"https%3A%2F%2Fuser%3A{SECRET}%40host.example/x",
    f"HTTPS://user:{SECRET}@host.example/x",
    f"https://user:{SECRET}@host.example:port/x",
    f"https://user:{SECRET}@[::1/x",
    f"https://user:{SECRET}@ho\uff0fst/x",
    f"http://user:{SECRET}@127.0.0.1:9/x",
    f"s3://key:{SECRET}@bucket/x",
    f"postgresql://user:{SECRET}@host.example/db",
    f"file://user:{SECRET}@localhost/x",
    f"https:/user:{SECRET}@host.example",
    f"//user:{SECRET}@host.example/x",
)
BARE = f"user:{SECRET}@host.example/x"
QUERIES = (
    f"https://host.example/v1?token={SECRET}",
    f"https://host.example/v1?o=1&password={SECRET}",
    f"https://host.example/v1?api_key={PART}%2DPLANTED",
    f"https://host.example/v1#access_token={SECRET}",
    f"s3://bucket/x?secret={SECRET}",
)
PLANTED = (*LOGINS, BARE, *QUERIES)
FEW = (LOGINS[0], LOGINS[2], LOGINS[7], LOGINS[8], LOGINS[14])
"""One of each kind, where many commands are tried."""
PLACES = {SettingKind.URL, SettingKind.HOST, SettingKind.PATH}
SETTINGS = [
    pytest.param(name, setting, id=f"{name}-{setting.name}")
    for name in backend_names()
    for setting in backend_class(name).info.settings
    if setting.kind in PLACES
]
SOUND = {SettingKind.URL: "https://w.example", SettingKind.HOST: "h", SettingKind.PATH: "/srv/x"}


def shown_by(ran, log, home):
    """Give all that a command left anywhere, as text."""
    files = [each for each in home.rglob("*") if each.is_file()]
    kept = [each.read_bytes().decode(errors="replace") for each in [*files, log] if each.exists()]
    names = [str(each) for each in home.rglob("*")]
    return "\n".join([ran.stdout, ran.stderr, *kept, *names])


@pytest.fixture
def plant(memctl, home, tmp_path, monkeypatch):
    """Run a command that is given a password, and see that nothing is left of it."""
    log = tmp_path / "log"
    monkeypatch.chdir(tmp_path)

    def run(*arguments, codes=(2, 4), **options):
        for form in ((), ("--json",)):
            ran = memctl(*arguments, *form, "-vv", "--log-file", log, **options)
            assert PART not in shown_by(ran, log, home), arguments
            assert ran.exit_code in codes, (arguments, ran.stdout, ran.stderr)

    return run


def beside(backend, setting, value):
    """Give the settings of a profile in which nothing but this one can be wrong."""
    info = backend_class(backend).info
    needed = {each.name: SOUND[each.kind] for each in info.settings if each.required}
    if info.one_of and setting.name not in info.one_of:
        needed["path"] = "/srv/x"
    if setting.goes_with is not None:
        needed[setting.goes_with] = "openai:tiny"
    return {**needed, setting.name: value}


def is_dropped(setting, value):
    """Say whether what is planted stands where nothing of an address is kept."""
    return setting.only_origin and value.startswith("https://host.example/")


def as_flags(settings, flag="--set"):
    return [word for name, each in settings.items() for word in (flag, f"{name}={each}")]


def save(name, backend, settings):
    """Save a profile as earlier versions did, whatever is in its settings."""
    with open_state() as state:
        Profiles(state).create("default", name, backend_type=backend, settings=settings)


@pytest.mark.parametrize("value", PLANTED)
@pytest.mark.parametrize(("backend", "setting"), SETTINGS)
def test_no_profile_takes_a_password_in_an_address(plant, memctl, backend, setting, value):
    values = beside(backend, setting, value)
    document = json.dumps({"data": {"profile": {
        "name": "q", "backend_type": backend, "settings": values}}})  # fmt: skip

    if is_dropped(setting, value):
        plant("config", "create", "p", "--backend", backend, *as_flags(values), codes=(0, 4))
        plant("config", "create", "--from", "-", stdin=document, codes=(0, 4))
        plant("config", "update", "p", *as_flags({setting.name: value}), codes=(0,))
        shown = memctl("config", "show", "p", "--json").data["profile"]["settings"]
        assert shown[setting.name] == "https://host.example"
        return
    plant("config", "create", "p", "--backend", backend, *as_flags(values), codes=(4,))
    plant("config", "create", "--from", "-", stdin=document, codes=(4,))
    memctl("config", "create", "p", "--backend", backend,
           *as_flags(beside(backend, setting, SOUND[setting.kind])))  # fmt: skip
    plant("config", "update", "p", *as_flags({setting.name: value}), codes=(4,))
    assert setting.name in memctl("config", "show", "p", "--json").data["profile"]["settings"]


SET_UP = [each for each in SETTINGS if backend_class(each.values[0]).info.has_setup]


@pytest.mark.parametrize("value", PLANTED)
@pytest.mark.parametrize(("backend", "setting"), SET_UP)
def test_no_setup_takes_a_password_in_an_address(
    plant, memctl, monkeypatch, *, backend, setting, value
):
    values = beside(backend, setting, value)
    if is_dropped(setting, value):
        return  # a workspace would be asked
    flags = [w for name, each in values.items() for w in (f"--{name.replace('_', '-')}", each)]

    plant("setup", backend, *flags, codes=(4,))
    for each in backend_class(backend).info.settings:
        if each.name in values:
            monkeypatch.setenv(environment_name(backend, each), values[each.name])
    plant("setup", backend, codes=(4,))
    assert [each.name for each in Path.cwd().iterdir()] == ["log"]
    assert memctl("config", "list", "--json").data["profiles"] == []


def commands(group=None, words=()):
    """Give every command with its words, as the command line has it."""
    group = get_command(app) if group is None else group
    for name, each in group.commands.items():
        if isinstance(each, TyperGroup):
            yield from commands(each, (*words, name))
        else:
            yield (*words, name), each


OF_STORES = {"source", "target", "profile", "at", "to", "embedder_url"}
TAKING = [
    (words, each, parameter)
    for words, each in commands()
    for parameter in each.params
    if parameter.name in OF_STORES
]


def words_of(words, command, parameter, value):
    """Write a command line in which one parameter is given, and all that must be beside it."""
    given = []
    for each in command.params:
        is_argument = each.param_type_name == "argument"
        if each is parameter:
            given += [value] if is_argument else [each.opts[0], value]
        elif is_argument and each.required:
            given.append("archive:./none")
    return [*words, *given]


@pytest.mark.parametrize("value", [*FEW, BARE, QUERIES[0]])
@pytest.mark.parametrize(
    ("words", "command", "parameter"),
    [pytest.param(*each, id=f"{'-'.join(each[0])}-{each[2].name}") for each in TAKING],
)
def test_no_command_takes_a_password_in_a_location(plant, words, command, parameter, value):
    for prefix in ("", *(f"{each}:" for each in (*backend_names(), "s3", "no such"))):
        plant(*words_of(words, command, parameter, prefix + value))


@pytest.mark.parametrize("value", PLANTED)
def test_no_variable_of_an_embedder_takes_a_password_in_an_address(plant, monkeypatch, value):
    monkeypatch.setenv("MEMCTL_EMBEDDER", "openai:tiny")
    monkeypatch.setenv("MEMCTL_EMBEDDER_URL", value)

    plant("search", "x", "--at", "archive:./none", codes=(4,))
    plant("migrate", "archive:./none", "archive:./copy", "--reembed", "--dry-run", codes=(4,))


@pytest.mark.parametrize("value", [*LOGINS, BARE])
def test_what_is_given_in_the_wrong_place_is_not_repeated(plant, value):
    plant("config", "create", "p", "--backend", "chroma", "--set", value)
    plant("config", "create", "p", "--backend", "chroma", "--set", f"{value}=x")
    plant("config", "create", "p", "--backend", value)
    plant("config", "create", value, "--backend", "chroma", "--set", "path=x")
    plant("config", "set-default", value)
    plant("stats", "--timeout", value)
    plant("stats", "--type", value)
    if value in LOGINS[:-1]:  # else it is a name like another
        plant("discover", value)
        plant("restore", value)
    plant("config", "create", "p", "--from", value)
    plant("config", "create", "--from", value)
    plant("config", "create", "p", "--backend", "databricks", "--set", f"endpoint={value}")
    plant("config", "create", "p", "--backend", "chroma", "--set", f"embedder={value}")
    plant("config", "create", "p", "--backend", "chroma", "--set", f"embedder=openai:{value}")
    plant("config", "show", value)
    plant("config", "secret", "set", value, "token", stdin="x")
    plant("verify", value)
    plant("stats", "-g", f"{value}\0")


@pytest.mark.parametrize("pair", [f"document={LOGINS[0]}", f"{LOGINS[0]}=document"])
def test_no_layout_takes_a_password_in_an_address(plant, tmp_path, pair):
    plant("setup", "chroma", "--path", tmp_path / "store", "--map", pair, "--name", "p")


@pytest.mark.parametrize("model", ["/home/me@corp/model", "/srv/models/v1#2"])
def test_a_model_may_lie_in_a_directory_with_an_odd_name(model):
    assert EmbedderName.parse(f"sentence-transformers:{model}").model == model


def test_two_groups_that_are_named_like_people_are_told_apart(memctl):
    ran = memctl("config", "show", "p", "-g", "slack:joe@corp.example")

    assert "group `slack:joe@corp.example`" in ran.stderr


# What an earlier version saved


def test_a_password_in_a_layout_that_a_profile_holds_already_is_not_shown(memctl):
    save("p", "chroma", {"path": "/srv/x", "map": {LOGINS[0]: LOGINS[1]}})

    for words in (("config", "show", "p"), ("config", "list"), ("stats",)):
        for form in ((), ("--json",)):
            ran = memctl(*words, *form, "-vv")
            assert PART not in ran.stdout + ran.stderr, words


@pytest.mark.parametrize("value", FEW)
@pytest.mark.parametrize(("backend", "setting"), SETTINGS)
def test_a_password_that_a_profile_holds_already_is_not_shown(
    memctl, tmp_path, backend, setting, value
):
    if setting.kind is SettingKind.PATH:
        value = str(tmp_path / value.lstrip("/").replace("//", "/"))
    save("p", backend, beside(backend, setting, value))

    for words in (
        ("config", "show", "p"), ("config", "which"), ("stats",), ("verify",), ("records", "list"),
        ("config", "update", "p", "--set", "dimension=3"),
        ("migrate", "p", f"archive:{tmp_path}/copy"),
    ):  # fmt: skip
        for form in ((), ("--json",)):
            ran = memctl(*words, *form, "-vv")
            assert PART not in ran.stdout + ran.stderr, words
            assert ran.exit_code == 4, words
            if "dimension=3" not in words or backend != "archive":
                assert f"memctl config update p --set {setting.name}=" in ran.stdout + ran.stderr
    for words in (("config", "list"), ("config", "set-default", "p"), ("history", "--steps")):
        for form in ((), ("--json",)):
            ran = memctl(*words, *form)
            assert (ran.exit_code, PART in ran.stdout + ran.stderr) == (0, False), words

    mended = memctl("config", "update", "p", "--set", f"{setting.name}={SOUND[setting.kind]}")
    assert mended.exit_code == 0, mended.stderr
    assert memctl("config", "show", "p").exit_code == 0
    assert PART not in memctl("config", "delete", "p", "--json").stdout


@pytest.mark.parametrize(
    "value",
    [
        "https://W.example/",
        "https://w.example:443/x/?o=12",
        "w.example",
        "https://w.example/?o=1#workspace/Users/me@corp.example/x",
    ],
)
def test_an_address_that_an_earlier_version_saved_as_it_was_pasted_still_means_the_same(
    memctl, value
):
    save("p", "databricks", {"workspace_url": value})

    shown = memctl("config", "show", "p", "--json")
    assert shown.exit_code == 0, shown.stdout
    assert shown.data["effective"]["workspace_url"] == "https://w.example"


@pytest.mark.parametrize(("backend", "setting"), SETTINGS)
@pytest.mark.parametrize(
    "url",
    [
        "http://w.example/v1",
        "http://10.0.0.1",
        "http://0.0.0.0:80/",
        "ftp://w.example",
        "file:///etc/passwd",
        "file:/etc/passwd",
        "javascript:alert(1)",
        "ws://w.example",
        "https:w.example",
    ],
)
def test_no_address_is_taken_of_another_kind(memctl, backend, setting, url):
    if setting.kind is SettingKind.PATH and url.startswith(("javascript", "https:w")):
        return  # a directory may have that name
    values = beside(backend, setting, url)

    ran = memctl("config", "create", "p", "--backend", backend, *as_flags(values), "--json")

    assert (ran.exit_code, ran.document["errors"][0]["code"]) == (4, "invalid_setting")
    assert setting.name in ran.document["errors"][0]["message"]


@pytest.mark.parametrize("url", ["http://localhost:11434/v1", "http://127.0.0.1:1/v1",
                                 "http://[::1]:8080/v1", "https://w.example/v1/"])  # fmt: skip
def test_http_is_taken_for_this_machine(memctl, url):
    values = {"path": "/srv/x", "embedder": "openai:tiny", "embedder_url": url}

    ran = memctl("config", "create", "p", "--backend", "chroma", *as_flags(values), "--json")

    assert ran.data["profile"]["settings"]["embedder_url"] == url.rstrip("/")


@pytest.mark.parametrize("value", [
    "./me@work", "me@work", "/srv/a:b/c@d", "a?b#c", "C:\\x", "100%", "x:y", "-", "~/m@x",
])  # fmt: skip
def test_a_directory_may_have_an_odd_name(memctl, value):
    ran = memctl("config", "create", "p", "--backend", "archive", "--set", f"path={value}")

    assert ran.exit_code == 0, ran.stderr


@pytest.mark.parametrize("text", ["https://h.example/v1", "chroma:https://h:8000/t%40x/db", "me@x",
                                  "crew a:/b", "/srv/a:b/c@d", "dapi://x",
                                  "chroma:/srv/me@corp/db", "archive:/data/run#1/db"])  # fmt: skip
def test_what_holds_no_secret_is_shown_as_it_is(text):
    assert masked(text) == text
