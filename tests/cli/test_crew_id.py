from __future__ import annotations

import hashlib
import json

import pytest

from .stores import error_of


def kasals_id(**described) -> str:
    """Compute the id as Kasal's engine does."""
    text = json.dumps(described, sort_keys=True)
    return f"{described['group_id']}_crew_{hashlib.md5(text.encode()).hexdigest()[:8]}"  # noqa: S324 - as Kasal does


WHOLE = {
    "agent_roles": ["Researcher", "Rédacteur"],
    "task_names": ["a" * 50, "research"],
    "crew_name": "unnamed_crew",
    "model": "default",
    "group_id": "acme",
}


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ((), {}),
        (("--crew-name", "News"), {"crew_name": "News"}),
        (("--model", "gpt-4o"), {"model": "gpt-4o"}),
        (("--run-name", "run 7"), {"run_name": "run 7"}),
    ],
)
def test_the_id_is_kasals(memctl, words, changes):
    given = ("--role", "Rédacteur", "--role", "Researcher", "--task", "research")
    given += ("--description", "a" * 80, "-g", "acme")

    ran = memctl("crew-id", *given, *words, "--json")

    assert ran.data["crew_id"] == kasals_id(**{**WHOLE, **changes})


def test_a_crew_of_the_database_is_named_after_its_row(memctl):
    data = memctl("crew-id", "--database-id", "42", "-g", "acme", "--json").data

    assert (data["crew_id"], data["former"]) == ("acme_crew_db_42", ["crew_db_42"])


def test_without_a_group_the_default_one_runs_the_crew(memctl):
    assert memctl("crew-id", "--role", "R", "--json").data["crew_id"].startswith("default_crew_")


def test_without_any_role_nothing_says_which_crew_is_meant(memctl):
    ran = memctl("crew-id", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (2, "usage")


def test_people_are_told_how_to_count_the_crews_memory(memctl):
    ran = memctl("crew-id", "--role", "R", "-g", "acme")

    assert "memctl stats acme_crew_" in ran.stderr
