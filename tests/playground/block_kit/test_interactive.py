"""The ids of blocks and elements."""

from __future__ import annotations

from playground.block_kit.interactive import fill_ids
from tests.playground.calls import plain


def test_missing_ids_are_filled_in() -> None:
    button = {"type": "button", "text": plain("x")}
    blocks = fill_ids([{"type": "actions", "elements": [button]}], lambda: "id")
    assert (blocks[0]["block_id"], blocks[0]["elements"][0]["action_id"]) == ("id", "id")
