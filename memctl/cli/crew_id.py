"""`memctl crew-id`: what a crew is made of in, Kasal's id of it out."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import GroupOption, own_group
from .output import Output


def crew_id(
    out: Output,
    roles: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="The role of an agent; repeatable."),
    ] = None,
    tasks: Annotated[
        list[str] | None,
        typer.Option("--task", metavar="NAME", help="The name of a task; repeatable."),
    ] = None,
    descriptions: Annotated[
        list[str] | None,
        typer.Option(
            "--description",
            metavar="TEXT",
            help="The description of a task without a name; repeatable.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--crew-name", metavar="NAME", help="The crew's name.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help="The model of the run.")
    ] = None,
    run_name: Annotated[
        str | None,
        typer.Option(
            "--run-name", metavar="NAME", help="The run's name, for Kasal before February 2026."
        ),
    ] = None,
    database_id: Annotated[
        str | None,
        typer.Option(
            "--database-id", metavar="ID", help="The crew's id in Kasal's database, if it has one."
        ),
    ] = None,
    group: GroupOption = None,
) -> None:
    """Compute the id under which Kasal keeps a crew's memory.

    Kasal makes it from the group, the agents' roles, the tasks' names, the crew's name and the
    model; their order does not matter.

    Example: `memctl crew-id -g acme --role Researcher --role Writer --task research`
    """
    from ..core.query.crew_id import CrewDescription, compute_crew_id

    crew = CrewDescription(
        group_id=own_group(group),
        roles=tuple(roles or ()),
        tasks=tuple(tasks or ()),
        descriptions=tuple(descriptions or ()),
        name=name,
        model=model,
        run_name=run_name,
        database_id=database_id,
    )
    out.show(compute_crew_id(crew))
