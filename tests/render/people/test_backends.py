from __future__ import annotations

from ..samples import BACKENDS
from ..streams import ascii_stream, shown


def test_backends_in_full():
    assert shown(BACKENDS) == (
        """\
can                   chroma  memory
read                  ✓ yes   ✓ yes
upsert                ✓ yes   -
delete                ✓ yes   -
setup                 ✓ yes   -
probe                 -       -
rows without vectors  -       -
mixed dimensions      -       -
purge versions        -       -
clear whole           -       -
time travel           -       ✓ yes

chroma  a directory of Chroma
named by a profile, or as chroma:PATH

setting  value                 environment    what it is
path     required              CHROMA_PATH    the directory
metric   cosine (default), l2  CHROMA_METRIC  how vectors compare
token    secret                CHROMA_TOKEN   to log in

memory  in this process
named by a profile
""",
        "",
    )


def test_what_a_backend_can_do_is_a_word():
    assert "read                  yes     yes\n" in shown(BACKENDS, on=ascii_stream)[0]
