"""The entry point of `memctl` and `python -m memctl`; the command tree is in `cli`."""

from __future__ import annotations

from .cli.app import app


def main() -> None:
    """Run the command line and exit."""
    app(prog_name="memctl")


if __name__ == "__main__":
    main()
