"""Which result is shown on which screen; the screens have a module each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...model import results
from ..screen import Screen
from .backends import show_backends
from .config import show_change, show_profile, show_profiles, show_which
from .history import show_history
from .migrate import show_migration
from .records import show_record, show_records
from .setup import show_setup
from .stats import show_stats
from .verify import show_verification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SCREENS: Final[Mapping[type[results.Result], Callable[..., None]]] = {
    results.BackendsResult: show_backends,
    results.ConfigChangeResult: show_change,
    results.ConfigListResult: show_profiles,
    results.ConfigShowResult: show_profile,
    results.ConfigWhichResult: show_which,
    results.HistoryResult: show_history,
    results.MigrateResult: show_migration,
    results.RecordResult: show_record,
    results.RecordsResult: show_records,
    results.SetupResult: show_setup,
    results.StatsResult: show_stats,
    results.VerifyResult: show_verification,
}


def show(result: results.Result, *, is_quiet: bool = False, **options: Any) -> None:
    """Show a result: data on standard output, notes and the next command on standard error.

    Args:
        result: what a command found or did.
        is_quiet: print no notes and no next command.
        options: what the result's own screen takes: ``by`` for counts, ``steps`` for the journal.
    """
    SCREENS[type(result)](result, Screen(is_quiet=is_quiet), **options)
