from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import memctl
from memctl.cli.app import app

ROOT = Path(memctl.__file__).parents[1]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"

sys.path.insert(0, str(DOCS))
