"""Submitting a modal, without an app in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient

from playground.client import Channel, Person, Playground, PlaygroundError
from tests.playground.calls import modal, plain, trigger_of

Connect = Callable[..., Any]
Json = dict[str, Any]


def test_a_modal_is_not_submitted_while_required_inputs_are_empty(
    slack: Playground, connect: Connect, api: WebClient, channel: Channel, ann: Person
) -> None:
    app = connect()
    element = {"type": "plain_text_input", "action_id": "q", "max_length": 5}
    block = {"type": "input", "label": plain("Q"), "element": element}
    ann.command(channel, "/faq")
    view = modal(blocks=[block], submit=plain("ok"))
    api.views_open(trigger_id=trigger_of(app), view=view)
    shown = ann.wait_for_modal()
    with pytest.raises(PlaygroundError, match="Required inputs are empty"):
        ann.submit(shown)
    with pytest.raises(PlaygroundError, match="at most 5 fit"):
        ann.submit(shown, {"q": "too long"})
    with pytest.raises(PlaygroundError, match="There is no action 'x' here"):
        ann.submit(shown, {"x": "?"})
    assert ann.submit(shown, {"q": "fits"}).acked
    assert ann.modal() is None
