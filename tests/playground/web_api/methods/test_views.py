"""views.*, called with Slack's own SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.client import Channel, Person, Playground
from tests.playground.calls import error_of, modal, plain, trigger_of

Connect = Callable[..., Any]
Json = dict[str, Any]


def test_a_trigger_works_once_and_not_for_long(
    slack: Playground, connect: Connect, api: WebClient, channel: Channel, ann: Person
) -> None:
    app = connect()
    ann.command(channel, "/faq")
    trigger = trigger_of(app)
    api.views_open(trigger_id=trigger, view=modal())
    assert error_of(api.views_open, trigger_id=trigger, view=modal()) == "exchanged_trigger_id"
    assert error_of(api.views_open, trigger_id="1.2.3", view=modal()) == "invalid_trigger_id"
    slack.set_patience(trigger_seconds=0)
    ann.command(channel, "/faq")
    late = {"trigger_id": trigger_of(app), "view": modal()}
    assert error_of(api.views_open, **late) == "expired_trigger_id"


def test_views_are_checked_and_updated_by_id_or_external_id(
    connect: Connect, api: WebClient, channel: Channel, ann: Person
) -> None:
    app = connect()
    ann.command(channel, "/faq")
    trigger = trigger_of(app)
    with pytest.raises(SlackApiError) as caught:
        api.views_open(trigger_id=trigger, view=modal(title=plain("x" * 25)))
    assert caught.value.response["error"] == "invalid_arguments"
    assert "[json-pointer:/view/title/text]" in str(
        caught.value.response["response_metadata"]["messages"]
    )
    # The refused call has not spent the trigger.
    view = api.views_open(trigger_id=trigger, view=modal(external_id="e"))["view"]
    new = api.views_update(external_id="e", view=modal("n", external_id="e"), hash=view["hash"])
    assert new["view"]["id"] == view["id"]
    stale = {"view_id": view["id"], "view": modal(), "hash": view["hash"]}
    assert error_of(api.views_update, **stale) == "hash_conflict"
    assert error_of(api.views_update, view_id="V404", view=modal()) == "not_found"
    shown = ann.modal()
    assert shown is not None
    assert shown.callback_id == "n"


def test_modals_stack_three_high(
    connect: Connect, api: WebClient, channel: Channel, ann: Person
) -> None:
    app = connect()
    button = {"type": "button", "text": plain("more"), "action_id": "more"}
    blocks = [{"type": "actions", "elements": [button]}]
    ann.command(channel, "/faq")
    api.views_open(trigger_id=trigger_of(app), view=modal("1", blocks=blocks))
    for name in ("2", "3"):
        ann.click_view(ann.wait_for_modal(), "more")
        api.views_push(trigger_id=trigger_of(app), view=modal(name, blocks=blocks))
    ann.click_view(ann.wait_for_modal("3"), "more")
    fourth = {"trigger_id": trigger_of(app), "view": modal("4")}
    assert error_of(api.views_push, **fourth) == "push_limit_reached"
    assert [view.callback_id for view in ann.modals()] == ["1", "2", "3"]


def test_home_tabs_are_published_for_a_person(
    slack: Playground, api: WebClient, ann: Person
) -> None:
    view = {"type": "home", "blocks": [{"type": "divider"}], "callback_id": "home"}
    first = api.views_publish(user_id=ann.id, view=view)["view"]
    second = api.views_publish(user_id=ann.id, view=view, hash=first["hash"])["view"]
    assert first["id"] == second["id"]
    stale = {"user_id": ann.id, "view": view, "hash": first["hash"]}
    assert error_of(api.views_publish, **stale) == "hash_conflict"
    home = ann.home()
    assert home is not None
    assert home.callback_id == "home"
