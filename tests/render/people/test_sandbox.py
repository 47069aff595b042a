from __future__ import annotations

from ..samples import SANDBOX
from ..streams import shown


def test_a_sandbox_in_full():
    assert shown(SANDBOX) == (
        """\
workspace                       http://127.0.0.1:8900
schema                          ml.agents
token                           dapi-of-the-sandbox
token of a user without rights  dapi-of-a-user
client id                       6f3a0a8e-1c4b-4d8e-9a52-0123456789ab
client secret                   dose-of-the-sandbox

export DATABRICKS_HOST=http://127.0.0.1:8900
export NO_PROXY='a b,127.0.0.1'
""",
        "note: it serves until Ctrl-C, and then forgets everything\n",
    )
