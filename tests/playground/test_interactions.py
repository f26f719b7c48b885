"""Triggers, views and response urls, without an app in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from playground.client import Channel, Person, Playground, PlaygroundError

Connect = Callable[..., Any]
Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def modal(callback_id: str = "m", **more: Any) -> Json:
    return {"type": "modal", "title": plain("T"), "callback_id": callback_id, "blocks": []} | more


def trigger_of(app: Any) -> str:
    """The trigger id of the next interaction."""
    return str(app.next()["payload"]["trigger_id"])


def error_of(call: Any, **kwargs: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(**kwargs)
    return str(caught.value.response["error"])


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


def test_a_response_url_works_five_times(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    ann.command(channel, "/faq")
    url = app.next()["payload"]["response_url"]
    client = WebhookClient(url)
    assert client.send(text="for all", response_type="in_channel").status_code == 200
    assert client.send(text="").status_code == 500
    for number in range(3):
        assert client.send(text=str(number)).body == "ok"
    refused = client.send(text="once too often")
    assert (refused.status_code, "used_url" in refused.body) == (404, True)
    assert slack.messages(channel)[0].text == "for all"
    assert [m.text for m in ann.wait_for_ephemeral(channel, count=3)] == ["0", "1", "2"]


def test_a_command_without_an_app_fails_at_once(
    slack: Playground, channel: Channel, ann: Person
) -> None:
    assert not ann.command(channel, "/faq").acked
    assert "dispatch_failed" in ann.wait_for_ephemeral(channel)[0].text


def test_the_names_of_private_places_are_hidden(
    slack: Playground, connect: Connect, ann: Person
) -> None:
    app = connect()
    private = slack.create_channel("private", private=True, members=[ann])
    ann.command(private, "/faq")
    assert app.next()["payload"]["channel_name"] == "privategroup"
    ann.command(ann.open_dm(), "/faq", "x")
    payload = app.next()["payload"]
    assert (payload["channel_name"], payload["command"], payload["text"]) == (
        "directmessage",
        "/faq",
        "x",
    )
