"""Says what each backend is, can do and needs; opens none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backends.registry import backend_class, backend_names
from ..model.results import BackendsResult, BackendStated, SettingStated
from ..model.setting import Setting, SettingKind, environment_name

if TYPE_CHECKING:
    from ..model.backend.info import BackendInfo


def list_backends() -> BackendsResult:
    """State every backend's capabilities and settings as it declares them."""
    return BackendsResult([state_backend(name) for name in backend_names()])


def backends_with_setup() -> list[str]:
    """List the backends that `memctl setup` makes ready."""
    return [name for name in backend_names() if backend_class(name).info.has_setup]


def _is_read(info: BackendInfo, setting: Setting) -> bool:
    """Return whether the environment gives the setting: at setup, or where it is secret."""
    return setting.secret or (info.has_setup and setting.kind is not SettingKind.MAPPING)


def state_backend(name: str) -> BackendStated:
    """State one backend."""
    info = backend_class(name).info
    options = info.provisioning.options if info.provisioning else ()
    return BackendStated(
        name=name,
        title=info.title,
        capabilities=sorted(info.capabilities),
        location=f"{name}:{info.place or info.location_setting.upper()}"
        if info.location_setting
        else None,
        settings=[_state(each, name, is_read=_is_read(info, each)) for each in info.settings],
        setup_options=[_state(each, name, is_read=False) for each in options],
        resumes_setup=info.provisioning is not None,
    )


def _state(setting: Setting, backend: str, *, is_read: bool) -> SettingStated:
    return SettingStated(
        name=setting.name,
        help=setting.help,
        kind=setting.kind,
        required=setting.required,
        secret=setting.secret,
        default=setting.default,
        choices=list(setting.choices),
        environment=environment_name(backend, setting) if is_read else None,
        is_kept=setting.secret and setting.is_kept,
    )
