"""Refuses to take what other groups keep in an index that is shared; counts nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.errors import AnswerIsNo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.results import RowsMeant


class OtherGroupsRows(AnswerIsNo):
    """An index that is to be deleted, or made anew, holds rows of other groups."""

    code = "other_groups_rows"


def refuse_others(
    index: str, rows: Sequence[RowsMeant], group: str | None, *, instead: str = ""
) -> None:
    """Raise where an index holds rows of other groups, or of none.

    Args:
        index: its name, for people.
        rows: what it holds.
        group: the one group whose rows may go; `None` means every group's may.
        instead: another way out, to be named before `--all-groups`.

    Raises:
        OtherGroupsRows: naming them.
    """
    others = [each for each in rows if group is not None and each.group_id != group]
    if others:
        records = sum(each.records for each in others)
        groups = sorted(
            {f"group `{each.group_id}`" if each.group_id else "no group" for each in others}
        )
        raise OtherGroupsRows(
            f"index `{index}` also holds {records} rows of {', '.join(groups[:5])}",
            hint=f"{instead}add `--all-groups`",
        )
