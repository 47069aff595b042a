"""The indexes of a profile, one by one: listed, made, emptied, deleted."""

from __future__ import annotations

from .create import create_index
from .delete import IndexDeletion, plan_index_deletion, run_index_deletion
from .empty import IndexEmptying, plan_index_emptying, run_index_emptying
from .listing import list_indexes, show_index

__all__ = [
    "IndexDeletion",
    "IndexEmptying",
    "create_index",
    "list_indexes",
    "plan_index_deletion",
    "plan_index_emptying",
    "run_index_deletion",
    "run_index_emptying",
    "show_index",
]
