"""The program that `process` starts: reads options in a line of input, prints credentials."""

from __future__ import annotations

import json
import sys

from .remote import CREDENTIALS
from .server import Sandbox


def main() -> None:
    """Serve until standard input ends, as it does when whoever started this is gone."""
    options = json.loads(sys.stdin.readline())
    with Sandbox(**options) as serving:
        told = {name: getattr(serving, name) for name in ("url", *CREDENTIALS)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
