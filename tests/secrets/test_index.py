from __future__ import annotations

import json
import subprocess
import sys

import pytest

from memctl.model.errors import LocalStateUnusable
from memctl.secrets.index import KEYRING, VAULT, SecretEntry, SecretIndex

from .conftest import ROOT
from .worker import __name__ as worker
from .worker import make_entry


def test_what_is_added_is_listed_until_it_is_removed(tmp_path):
    first, second = make_entry(), make_entry("2")
    index = SecretIndex(tmp_path)
    index.add(first)
    index.add(second)

    assert SecretIndex(tmp_path).entries() == [first, second]
    index.remove([first])
    assert SecretIndex(tmp_path).entries() == [second]


def test_an_entry_replaces_that_of_the_same_place_and_account(tmp_path):
    index = SecretIndex(tmp_path)
    for _ in range(2):
        for place in (KEYRING, VAULT):
            for host in ("https://one.test", "https://two.test"):
                index.add(make_entry(host=host, place=place))

    assert len(index.entries()) == 4


def test_a_home_without_secrets_has_no_file(tmp_path):
    assert SecretIndex(tmp_path).entries() == []
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read_it(tmp_path):
    SecretIndex(tmp_path).add(make_entry())

    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("change", [{"host": "x"}, {"setting": "x"}, {"profile_id": "x"}])
def test_an_account_is_another_when_any_part_is(change):
    entry = make_entry()
    names = {"profile_id", "group_id", "profile", "setting", "host", "place", "kept_since"}
    values = {name: getattr(entry, name) for name in names}

    assert SecretEntry(**{**values, **change}).account != entry.account


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"format": 2, "secrets": []}',
        b'{"format": 1, "secrets": [1]}',
        b'{"format": 1, "secrets": [{}]}',
        b'{"format": 1, "secrets": {"a": 1}}',
    ],
)
def test_a_file_that_is_none_is_an_error_and_never_no_secrets(tmp_path, content):
    (tmp_path / "secrets.json").write_bytes(content)

    with pytest.raises(LocalStateUnusable, match="not a list of secrets"):
        SecretIndex(tmp_path).entries()


@pytest.mark.parametrize(("field", "value"), [("place", "pocket"), ("host", 3), ("more", "x")])
def test_an_entry_of_another_form_is_an_error(tmp_path, field, value):
    index = SecretIndex(tmp_path)
    index.add(make_entry())
    document = json.loads((tmp_path / "secrets.json").read_bytes())
    document["secrets"][0][field] = value
    (tmp_path / "secrets.json").write_text(json.dumps(document))

    with pytest.raises(LocalStateUnusable):
        index.entries()


def test_programs_that_add_at_once_lose_nothing(tmp_path):
    adders = [
        subprocess.Popen(
            [sys.executable, "-m", worker, "index", str(tmp_path), name, "5"], cwd=ROOT
        )
        for name in "ab"
    ]

    assert [each.wait() for each in adders] == [0, 0]
    assert len(SecretIndex(tmp_path).entries()) == 10
