"""How a route of the API is declared and found, and the call that reaches it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.routing import compile_path

from ..refusal import denied, malformed
from .faults import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.responses import Response

    from ..service.credentials import Access, Principal
    from ..service.workspace import Workspace
    from .faults import Fault

    Form = tuple[type, ...]

TEXT: Form = (str,)
WHOLE: Form = (int,)
NUMBER: Form = (int, float)
LIST: Form = (list,)
OBJECT: Form = (dict,)
FLAG: Form = (bool,)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, after its form was checked.

    Attributes:
        path: the parts of the path that the route names.
        query: the parameters after the ``?``.
        body: the fields that were sent; those sent as null are left out.
        fault: what is to go wrong while it is carried out.
        basic: name and password of HTTP Basic, where they were sent.
    """

    workspace: Workspace
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: dict[str, Any]
    given: Access | None = None
    fault: Fault | None = None
    basic: tuple[str, str] | None = None

    @property
    def access(self) -> Access:
        """What the caller's token stands for."""
        if self.given is None:
            raise denied("a token is needed")
        return self.given

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return self.access.principal

    @property
    def is_stale(self) -> bool:
        """Whether the next read is not to see what this call does."""
        is_told = self.fault is not None and self.fault.kind is Kind.STALE
        return is_told or self.workspace.options.stale_reads

    def first(self, parameter: str) -> str | None:
        """Return a parameter after the ``?``."""
        values = self.query.get(parameter)
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: method, path, and what may be sent to it.

    Attributes:
        needs: fields that must be sent -> the forms of their values.
        body: fields that may be sent -> theirs.
        query: known parameters.
        is_open: whether no token is needed.
        takes_form: whether the body is an HTML form; else it is JSON.
    """

    method: str
    path: str
    run: Callable[[Call], dict[str, Any] | Response]
    needs: Mapping[str, Form] = field(default_factory=dict)
    body: Mapping[str, Form] = field(default_factory=dict)
    query: frozenset[str] = frozenset()
    is_open: bool = False
    takes_form: bool = False

    def read(self, query: Mapping[str, list[str]], body: bytes) -> dict[str, Any]:
        """Return the fields of a request that fits.

        Raises:
            Refusal: when the body is no JSON object, or has an unknown or mistyped field.
        """
        check_fields(query, self.query, "query parameter")
        if not body.strip():
            given: Any = {}
        else:
            try:
                given = json.loads(body)
            except ValueError:
                raise malformed("Request body is not valid JSON.") from None
        if not isinstance(given, dict):
            raise malformed("Request body is not a JSON object.")
        forms = {**self.needs, **self.body}
        check_fields(given, forms, "field")
        sent = {name: value for name, value in given.items() if value is not None}
        for name, value in sent.items():
            check_form(name, value, forms[name])
        for name in self.needs:
            if name not in sent:
                raise malformed(f"Missing required field: {name}")
        return sent


def check_fields(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Refuse a name that the service does not know.

    Raises:
        Refusal: that counts as a violation.
    """
    unknown = sorted({*given} - {*known})
    if unknown:
        raise malformed(f"Unknown {what}: {unknown[0]}")


def check_form(name: str, value: object, form: Form) -> None:
    """Refuse a value of another form.

    Raises:
        Refusal: that counts as a violation.
    """
    is_flag = isinstance(value, bool)
    if not isinstance(value, form) or (is_flag and bool not in form):
        raise malformed(f"Could not parse field {name}: it has the wrong type.")


class Table:
    """Operations by method and path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._operations = [(compile_path(each.path)[0], each) for each in operations]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation that a request asks for, and the named parts of its path."""
        for pattern, operation in self._operations:
            if operation.method == method and (match := pattern.fullmatch(path)):
                return operation, match.groupdict()
        return None
