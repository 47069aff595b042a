"""CrewAI itself finds what was rescued; its Python is named by `MEMCTL_TEST_CREWAI_PYTHON`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ...conftest import open_backend
from ...formats.crewai.stores import unpack

PYTHON = os.environ.get("MEMCTL_TEST_CREWAI_PYTHON")
SCOPE = "/crew/rescued"

pytestmark = [
    pytest.mark.real_crewai,
    pytest.mark.skipif(PYTHON is None, reason="MEMCTL_TEST_CREWAI_PYTHON names no Python"),
]


@pytest.mark.parametrize(
    ("name", "dimension"), [("0.165.1-a", 16), ("1.9.3-a", 16), ("1.9.3-b", 8)]
)
def test_crewai_recalls_what_was_rescued(memctl, tmp_path, name, dimension):
    old, new = f"crewai:{unpack(name, tmp_path)}", f"crewai:{tmp_path}/new"
    order = ("migrate", old, new, "--scope", SCOPE, "--skip-without-vectors", "--json")
    assert memctl(*order).exit_code == 0
    with open_backend("crewai", tmp_path / "new") as backend:
        texts = sorted(
            record.content
            for memory_type in backend.describe().types
            for batch in backend.scan(memory_type)
            for record in batch.records
        )

    ran = subprocess.run(
        [
            PYTHON,
            Path(__file__).with_name("recall.py"),
            tmp_path / "new" / "memory",
            SCOPE,
            str(dimension),
            *set(texts),
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OTEL_SDK_DISABLED": "true", "CREWAI_DISABLE_TELEMETRY": "true"},
    )

    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["listed"] == texts
    assert {text: recalled for text, (recalled, _) in found["recalled"].items()} == {
        text: text for text in texts
    }
    assert {scope.startswith(SCOPE) for _, scope in found["recalled"].values()} == {True}
    assert found["elsewhere"] == 0
    assert memctl(*order).exit_code == 0
