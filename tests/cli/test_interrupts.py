"""Ctrl-C ends the work even where a library swallows it, and a second one the process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from memctl.cli.interrupts import Interruptible, remember_interrupts
from memctl.model.progress import Silent
from memctl.testing.records import make_records

from ..conftest import make_store, start_memctl


@pytest.fixture
def progress():
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    remember_interrupts()
    yield Interruptible(Silent())
    with suppress(KeyboardInterrupt):  # that no test leaves one to the next
        Interruptible(Silent()).advance(0)
    signal.signal(signal.SIGINT, before)


def swallow_an_interrupt():
    with suppress(BaseException):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    "go_on",
    [
        lambda progress: progress.advance(1),
        lambda progress: progress.start("copying", None),
        lambda progress: progress.wait({}),
    ],
    ids=["advance", "start", "wait"],
)
def test_a_swallowed_interrupt_ends_the_work_where_it_goes_on(progress, go_on):
    go_on(progress)
    swallow_an_interrupt()

    with pytest.raises(KeyboardInterrupt):
        go_on(progress)


def test_it_ends_the_work_just_once(progress):
    swallow_an_interrupt()
    with pytest.raises(KeyboardInterrupt):
        progress.advance(1)

    progress.advance(1)


def test_what_tidies_up_after_an_interrupt_is_not_disturbed(progress):
    tidied = []
    with suppress(KeyboardInterrupt):
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            progress.advance(1)
            tidied.append(True)

    assert tidied


def test_where_interrupts_are_ignored_they_stay_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    remember_interrupts()

    assert signal.signal(signal.SIGINT, before) is signal.SIG_IGN


@pytest.mark.parametrize("module", ["memctl.cli.command", "memctl.cli.app", "typer.main"])
def test_one_while_the_command_line_is_loaded_ends_it_with_a_word(module, tmp_path):
    begin = (
        "import os, signal, sys\n"
        "class Meanwhile:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Meanwhile())\n"
        "from memctl.__main__ import main\n"
        "main()\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", begin, "--version"], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (130, "error: interrupted")


def test_one_that_a_library_makes_an_error_of_its_own_is_still_one():
    begin = (
        "import os, signal, sqlite3, sys\n"
        "from memctl.cli import backends\n"
        "from memctl.__main__ import main\n"
        "def disturb(_):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return 1\n"
        "def work():\n"
        "    database = sqlite3.connect(':memory:')\n"
        "    database.create_function('disturb', 1, disturb)\n"
        "    database.execute('SELECT disturb(1)').fetchone()\n"
        "import memctl.core.backends as core\n"
        "core.list_backends = work\n"
        "sys.argv = ['memctl', 'backends', '--json']\n"
        "main()\n"
    )

    ran = subprocess.run([sys.executable, "-c", begin], capture_output=True, text=True, check=False)

    assert ran.returncode == 130, ran.stderr
    assert json.loads(ran.stdout)["errors"][0]["code"] == "interrupted"


# The second one

SWALLOWS = """
import time
while True:
    try:
        time.sleep(0.01)
    except KeyboardInterrupt:
        pass
"""
WAITS_IN_C = """
import sqlite3
endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT max(i) FROM n"
sqlite3.connect(":memory:").execute(endless).fetchone()
"""
HOLDS_THE_INTERPRETER = """
from collections import deque
from itertools import repeat
deque(repeat(None), maxlen=0)
"""
WRITES_LOCAL_STATE = """
from memctl.store.interrupts import uninterrupted
with uninterrupted():
    while True:
        pass
"""
WORKS_IN_A_THREAD = """
import threading
from memctl.store.interrupts import uninterrupted
with uninterrupted():
    pass
thread = threading.Thread(target=threading.Event().wait)
thread.start()
while True:
    try:
        thread.join()
    except KeyboardInterrupt:
        pass
"""


@pytest.mark.parametrize(
    "work",
    [SWALLOWS, WAITS_IN_C, HOLDS_THE_INTERPRETER, WRITES_LOCAL_STATE, WORKS_IN_A_THREAD],
    ids=["swallows", "waits in C", "holds the interpreter", "writes local state", "in a thread"],
)
def test_a_second_one_ends_the_process_whatever_it_does(work):
    begin = (
        "from memctl.cli.interrupts import remember_interrupts\n"
        "remember_interrupts()\nprint('ready', flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", begin + work], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None

        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=30) == -signal.SIGINT
    finally:
        process.kill()
        process.communicate()


def test_a_shell_says_130_of_it():
    begin = (
        "import os, signal, threading\n"
        "from memctl.cli.interrupts import remember_interrupts\n"
        "remember_interrupts()\n"
        "for second in (0.3, 0.8):\n"
        "    threading.Timer(second, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
    )
    ran = subprocess.run(
        ["/bin/sh", "-c", '"$@"; echo "$?"', "sh", sys.executable, "-c", begin + SWALLOWS],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.stdout == "130\n"


def test_a_library_that_never_returns_is_left_and_what_was_begun_is_in_the_journal(
    memctl, tmp_path, home
):
    store = make_store("chroma", tmp_path / "store", make_records(1200))
    (links,) = store.glob("*/link_lists.bin")
    links.write_bytes(links.read_bytes()[: links.stat().st_size // 2])  # chromadb loops on it
    process = start_memctl("clear", "--all", "--at", f"chroma:{store}", "-y", "-v", "--no-backup")
    try:
        while "delete short_term ..." not in process.stderr.readline():
            pass
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        assert process.poll() is None, "chromadb copes: another damage must show it"

        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=30) == -signal.SIGINT
    finally:
        process.kill()
        process.communicate()
    (operation,) = memctl("history", "--json").data["operations"]
    assert [operation["outcome"], *(e["outcome"] for e in operation["steps"])] == ["started"] * 2
    assert memctl("config", "list", "--json").exit_code == 0
