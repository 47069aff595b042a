"""Which backends there are and where their code lies; none is imported before it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, TypeVar, cast

from ..model.address.logins import shown
from ..model.backend.packages import EXTRAS, way_to_add
from ..model.errors import BackendNotInstalled, InvalidSetting

if TYPE_CHECKING:
    from .base import MemoryBackend

F = TypeVar("F")

BACKENDS = {
    "archive": "archive:ArchiveBackend",
    "chroma": "chroma:ChromaBackend",
    "crewai": "crewai:CrewaiBackend",
    "databricks": "databricks:DatabricksBackend",
    "memory": "memory:MemoryInProcess",
}
"""Backend name -> module in this folder and class in it; sorted."""


def backend_names() -> tuple[str, ...]:
    """List the names of all backends."""
    return tuple(BACKENDS)


def classes_with(kind: type[F]) -> list[type[F]]:
    """Return the backends of a facet that is asked of a class, before any store is open.

    Raises:
        BackendNotInstalled: when a package that one needs is missing.
    """
    return [each for each in map(backend_class, BACKENDS) if issubclass(each, kind)]


def backend_class(name: str) -> type[MemoryBackend]:
    """Load the class of a backend.

    Raises:
        InvalidSetting: when there is no backend of that name.
        BackendNotInstalled: when a package that it needs is missing.
    """
    if name not in BACKENDS:
        raise InvalidSetting(
            f"there is no backend `{shown(name)[:80]}`",
            hint="the backends are " + ", ".join(f"`{each}`" for each in BACKENDS),
        )
    module, _, class_name = BACKENDS[name].partition(":")
    try:
        loaded = import_module(f"{__package__}.{module}")
    except ModuleNotFoundError as exc:
        if (exc.name or "").startswith("memctl"):
            raise
        raise BackendNotInstalled(
            f"backend `{name}` needs the package `{exc.name}`, which is not installed",
            hint=f"run `{way_to_add(name)}`"
            if name in EXTRAS
            else "install memctl again, from where you got it: that package comes with it",
        ) from exc
    return cast("type[MemoryBackend]", getattr(loaded, class_name))
