"""The laws that every backend keeps, for whoever writes one; needs pytest and Hypothesis."""

from __future__ import annotations

import pytest

# What a failing law shows of its values is pytest's doing, in modules that it is told of.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{each}"
        for each in (
            "suite",
            "connection",
            "describing",
            "facets",
            "reading",
            "renaming",
            "setup",
            "threads",
            "writing",
        )
    )
)
