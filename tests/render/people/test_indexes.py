from __future__ import annotations

from ..samples import INDEX_DELETE, INDEX_EMPTY_DRY, INDEX_LIST, INDEX_SHOW
from ..streams import shown


def test_a_list_of_indexes_in_full():
    assert shown(INDEX_LIST) == (
        """\
store    databricks:https://acme.cloud.databricks.com/ml.agents
profile  prod, the default of its group

for         index                        state       rows  dimension  endpoint
short_term  ml.agents.short_term_memory  ready      12000       1024  memctl_memory
entity      ml.agents.entity_memory      forbidden      -          -  -
-           ml.other.index               degraded       -       1024  memctl_memory
""",
        "",
    )


def test_an_index_in_full():
    assert shown(INDEX_SHOW) == (
        """\
store        databricks:https://acme.cloud.databricks.com/ml.agents
profile      prod, the default of its group
index        ml.agents.short_term_memory
for          short_term
state        ready
endpoint     memctl_memory
rows         12000, counted by the index
dimension    1024
primary key  id
owner        ada@acme.com

column     type
content    string
embedding  array<float>
id         string

index                        group   rows
ml.agents.short_term_memory  acme   11000
ml.agents.short_term_memory  -       1000
total                               12000
""",
        "",
    )


def test_a_dry_run_shows_whose_rows_would_be_deleted():
    out, err = shown(INDEX_EMPTY_DRY)
    assert out.startswith("dry run: nothing was changed\n")
    assert "ml.agents.short_term_memory  acme   11000\n" in out
    assert err == "next: the same command without `--dry-run`\n"


def test_what_was_deleted_is_named():
    out, err = shown(INDEX_DELETE)
    assert "group      all, and rows without one\n" in out
    assert "endpoint   memctl_memory\n" in out
    assert "✓ done   delete endpoint memctl_memory\n" in out
    assert err == "next: memctl index list --profile prod\n"
