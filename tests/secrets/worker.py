"""A program that writes secrets or asks for a password, and loads little so that it starts fast.

python -m tests.secrets.worker vault|index DIRECTORY NAME MOST
python -m tests.secrets.worker ask
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from memctl.model.errors import MemctlError
from memctl.model.profile import Profile
from memctl.secrets.index import KEYRING, SecretEntry, SecretIndex
from memctl.secrets.prompt import vault_password
from memctl.secrets.vault import Vault
from memctl.secrets.vault_file import Work

LITTLE_WORK = Work(log_n=1, r=1)
"""So that a test which opens a vault a thousand times ends today."""

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
VALUE = "x" * 5000


def make_vault(directory: Path, word: str = "right") -> Vault:
    return Vault(directory / "vault", lambda _: SecretStr(word), LITTLE_WORK)


def make_entry(number="1", host="https://db.test", place=KEYRING) -> SecretEntry:
    profile = Profile(f"id-{number}", "acme", "prod", "guarded", NOON, NOON)
    return SecretEntry.of(profile, "token", host, place)


def fill_vault(directory: Path, name: str, most: int) -> None:
    vault = make_vault(directory)
    for number in range(most):
        vault.set_password("memctl", f"{name}-{number}", VALUE)
        print(number, flush=True)  # noqa: T201 - it is kept, and the test may count on it


def fill_index(directory: Path, name: str, most: int) -> None:
    for number in range(most):
        SecretIndex(directory).add(make_entry(f"{name}-{number}"))


def ask() -> int:
    try:
        vault_password(is_new=True, may_ask=True)
    except MemctlError as error:
        print(error.code)  # noqa: T201 - the test reads it
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        sys.exit(ask())
    fill = {"vault": fill_vault, "index": fill_index}[sys.argv[1]]
    fill(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
