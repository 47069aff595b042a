from __future__ import annotations

from dataclasses import replace

from memctl.model.results import Comparison, Reembedded, StoreUsed

from ..samples import MIGRATE, MIGRATE_DIFFERS, MIGRATE_DRY
from ..streams import shown


def test_migrate_in_full():
    out, err = shown(MIGRATE)
    assert (
        out
        == """\
source     archive:/srv/export
target     chroma:/srv/memory (profile prod)
group      acme
operation  b3c0f4de-6a3e-4d53-a01b-0123456789ab

type        read  written  present  skipped  renamed  stamped
short_term   600      590       10        0        0        0
entity      1000      995        0        5        2     1000
total       1600     1585       10        5        2     1000

✓ compared: 1595 of 1595 records are the same on both sides
"""
    )
    assert (
        err
        == """\
note: an earlier run had copied a part; this one went on from there
note: 1,000 rows without a group got group `acme`
note: left out: 7 rows without a group; add `--include-unscoped` to copy them
note: rows of other groups keep theirs: `globex`, `initech`
note: 2 records got a new id, as another owner holds theirs; the old id is kept in the metadata
note: left behind by `--skip-without-vectors`: 5 of entity, rows without vectors
note: profile `prod` is now the default of its group
next: memctl verify --profile prod -g acme
  or: memctl stats --profile prod -g acme
"""
    )


def test_migrate_that_differs_in_full():
    out, err = shown(MIGRATE_DIFFERS)
    assert (
        out
        == """\
source     archive:/srv/export
target     chroma:/srv/memory (profile prod)
group      acme
operation  b3c0f4de-6a3e-4d53-a01b-0123456789ab

type    read  written  present
entity  1000     1000        0
total   1000     1000        0

✗ compared: 995 of 1000 records are the same on both sides, 3 missing, 2 different
  entity a: missing
  entity b: differs in id
  and 3 more
"""
    )
    assert err == ""


def test_migrate_dry_run_in_full():
    out, err = shown(MIGRATE_DRY)
    assert (
        out
        == """\
dry run: nothing was written

source  archive:/srv/export
target  chroma:/srv/memory (profile prod)
group   acme

type        read  to write  present  skipped  renamed  stamped
short_term   600       590       10        0        0        0
entity      1000       995        0        5        2     1000
total       1600      1585       10        5        2     1000
"""
    )
    assert "note: 1,000 rows without a group would get group `acme`\n" in err
    assert "note: 2 records would get a new id, as another owner holds theirs; " in err
    assert err.endswith("next: the same command without `--dry-run`\n")


def test_a_target_location_is_named_as_a_shell_reads_it():
    target = StoreUsed("chroma", "chroma:./my memory", None, "at")
    _, err = shown(replace(MIGRATE, target=target))
    assert "next: memctl verify --at 'chroma:./my memory'\n" in err


def test_nothing_to_copy_is_said():
    nothing = replace(MIGRATE, types=[], comparison=Comparison(0, 0, 0, 0))
    out, _ = shown(nothing)
    assert "\nno record to copy\n\n✓ compared: 0 of 0 records are the same" in out


def test_a_target_whose_location_has_no_backend_gets_it():
    target = StoreUsed("databricks", "main.memory on adb-1.example", "prod", "profile")
    out, _ = shown(replace(MIGRATE, target=target))
    assert "target     databricks: main.memory on adb-1.example (profile prod)\n" in out


def test_what_was_embedded_is_told_where_anything_was():
    some = Reembedded("openai:tiny", "https://api.example:443", 4, 1, 1234)

    assert (
        "note: 1 text of 1,234 characters by `openai:tiny` (https://api.example:443) was embedded\n"
        in shown(replace(MIGRATE, reembedded=some))[1]
    )
    none = replace(some, dimension=None, records=0, characters=0)
    assert "openai" not in shown(replace(MIGRATE, reembedded=none))[1]
    would = shown(replace(MIGRATE_DRY, reembedded=replace(some, records=3)))[1]
    assert (
        "3 texts of 1,234 characters by `openai:tiny` (https://api.example:443) would be" in would
    )
