"""The page about backends: what each can do, and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memctl.core.backends import list_backends
from memctl.model.backend.capability import Capability

from .command_pages import variables
from .markdown import code, listed, page, sentence, table

if TYPE_CHECKING:
    from memctl.model.results import BackendStated, SettingStated

INTRO = """
A backend is a kind of store. A location names one as `BACKEND:LOCATION`, for `--at` and for
`memctl migrate`; a profile keeps the same as settings. This is what each backend declares; an open
store can do less, an archive for example only reading once it is finished. `memctl backends` prints
the same.
"""

MEANINGS = {
    "read": "Its records can be counted, listed, searched and copied.",
    "upsert": "Records can be written to it.",
    "delete": "Records can be deleted from it.",
    "setup": "memctl can make a new store of it.",
    "probe": "`memctl verify --probe` can write a record and delete it again.",
    "rows_without_vectors": "It takes records that have no vector.",
    "mixed_dimensions": "One collection may hold vectors of several dimensions.",
    "purge_versions": "`memctl clear --purge-versions` removes deleted text from its history too.",
    "clear_whole": "Old memory in it is cleared by whole collections, no single record is.",
}


def backends_page() -> str:
    """Describe every backend."""
    stated = list_backends().backends
    head = ["capability", *(code(each.name) for each in stated), "meaning"]
    rows = [
        [
            code(capability),
            *("yes" if capability in each.capabilities else "-" for each in stated),
            MEANINGS[capability],
        ]
        for capability in Capability
    ]
    return page(
        "Backends",
        INTRO,
        "## Capabilities",
        table(head, rows),
        *(_section(each) for each in stated),
    )


def _section(backend: BackendStated) -> str:
    where = (
        f"Location: {code(backend.location)}."
        if backend.location
        else "It has no location: a profile names its stores."
        if "setup" in backend.capabilities
        else "It has no location: it lives in one process of Python."
    )
    head = ("setting", "what it says", "default", "environment")
    rows = [_setting(each) for each in backend.settings]
    said = table(head, rows) or "It has no settings."
    return f"## {backend.name}\n\n{sentence(backend.title)} {where}\n\n{said}"


def _setting(setting: SettingStated) -> list[str]:
    said = sentence(setting.help)
    if setting.choices:
        said += f" One of {listed(setting.choices)}."
    if setting.secret:
        said += " A secret: it is kept in no profile."
    default = code(setting.default) if setting.default is not None else "-"
    is_read = setting.secret or setting.environment in variables()
    return [
        code(setting.name),
        said,
        "required" if setting.required else default,
        code(setting.environment) if setting.environment and is_read else "-",
    ]
