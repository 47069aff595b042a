"""The laws that every backend keeps; a backend's own test file is a fixture and a subclass."""

from __future__ import annotations

from .connection import ConnectionLaws
from .describing import DescribingLaws
from .facets import FacetLaws
from .reading import ReadingLaws
from .setup import SetupLaws
from .threads import ThreadLaws
from .writing import WritingLaws


class BackendContract(
    SetupLaws,
    ReadingLaws,
    WritingLaws,
    ThreadLaws,
    ConnectionLaws,
    DescribingLaws,
    FacetLaws,
):
    """All laws, for one backend.

    A subclass, whose name begins with ``Test``, gives the fixture `new_place`: a writable
    connection to a place of the test's own in which nothing was set up, closed when the test ends.
    Its `read_secret` returns `SECRET` of `memctl.testing.suite` where the store takes any, so that
    a law can tell whether it is ever shown.

    It may override:
        reread: which connection reads what was written; by default the one that wrote.
        traces: all that a setup can leave at the place; by default the names of collections.
        setup_steps: how a place is made ready; by default with `plan_setup`.
        backend: a fixture, the connection that laws write to; by default `new_place`, set up for
            every type in `info.types`.
        other_place: a fixture, a connection to another place than `new_place` has, where there
            can be one; it is only asked which store it is.
        memory_type: a fixture, the type that most laws write; by default the first of those.

    Each test gets a place of its own, so a law begins with a store that is empty.
    """
