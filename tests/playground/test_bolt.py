"""A real Bolt app in Socket Mode: events, buttons, modals, commands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from slack_bolt import App

from playground.client import Channel, Person, Playground
from tests.playground.calls import plain

Bolt = tuple[App, Callable[[], None]]
Json = dict[str, Any]


CARD = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "Press the *reset* button."}},
    {
        "type": "actions",
        "block_id": "votes",
        "elements": [
            {"type": "button", "text": plain("Solved"), "action_id": "solved", "value": "7"},
            {
                "type": "static_select",
                "action_id": "pick",
                "options": [
                    {"text": plain("One"), "value": "1"},
                    {"text": plain("Two"), "value": "2"},
                ],
            },
        ],
    },
]
MODAL = {
    "type": "modal",
    "callback_id": "add",
    "title": plain("Add an answer"),
    "submit": plain("Save"),
    "private_metadata": "p",
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "question",
            "label": plain("Question"),
            "element": {"type": "plain_text_input", "action_id": "q", "max_length": 20},
        },
        {
            "type": "input",
            "block_id": "tags",
            "optional": True,
            "label": plain("Tags"),
            "element": {
                "type": "checkboxes",
                "action_id": "t",
                "options": [{"text": plain("VPN"), "value": "vpn"}],
            },
        },
    ],
}


def test_a_mention_is_answered_and_the_answer_voted_on(
    slack: Playground, bolt: Bolt, channel: Channel, ann: Person
) -> None:
    app, connect = bolt
    bodies: list[Json] = []

    @app.event("app_mention")
    def answer(event: Json, say: Any) -> None:
        say(text="reset", blocks=CARD, thread_ts=event["ts"])

    @app.event("message")
    def ignore() -> None:
        pass

    @app.action("solved")
    def solved(ack: Any, body: Json, respond: Any) -> None:
        ack()
        bodies.append(body)
        respond(text="Thanks!", replace_original=True)

    @app.action("pick")
    def pick(ack: Any, body: Json, respond: Any) -> None:
        ack()
        bodies.append(body)
        respond(text="picked", replace_original=False)

    connect()
    ts = ann.mention(channel, "vpn?")
    (reply,) = slack.wait_for_replies(channel, ts)
    assert reply.action_ids == ("solved", "pick")
    assert ann.select(channel, reply, "pick", "2").acked
    ann.wait_for_ephemeral(channel)
    delivery = ann.click(channel, reply.ts, action_id="solved")
    assert delivery.acked
    assert delivery.seconds is not None
    assert delivery.seconds < 3
    slack.wait_for_message(channel, reply, lambda m: m.text == "Thanks!")

    picked, voted = bodies
    assert picked["actions"][0]["selected_option"]["value"] == "2"
    assert voted["type"] == "block_actions"
    assert voted["user"]["id"] == ann.id
    assert voted["channel"] == {"id": channel.id, "name": "help"}
    assert voted["container"] == {
        "type": "message",
        "message_ts": reply.ts,
        "channel_id": channel.id,
        "is_ephemeral": False,
        "thread_ts": ts,
    }
    assert voted["message"]["ts"] == reply.ts
    assert voted["message"]["thread_ts"] == ts
    action = voted["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("solved", "votes", "7")
    # What was picked before goes along with the click.
    assert voted["state"]["values"]["votes"]["pick"]["selected_option"]["value"] == "2"


def test_a_modal_is_opened_filled_in_refused_and_submitted(
    slack: Playground, bolt: Bolt, channel: Channel, ann: Person
) -> None:
    app, connect = bolt
    saved: list[Json] = []

    @app.command("/faq")
    def faq(ack: Any, command: Json, client: Any) -> None:
        ack()
        client.views_open(trigger_id=command["trigger_id"], view=MODAL)

    @app.view("add")
    def add(ack: Any, view: Json) -> None:
        values = view["state"]["values"]
        if values["question"]["q"]["value"] == "bad":
            ack(response_action="errors", errors={"question": "Too bad."})
            return
        saved.append(values)
        ack(response_action="push", view=MODAL | {"callback_id": "next"})

    @app.view_closed("next")
    def closed(ack: Any, view: Json) -> None:
        ack()
        saved.append(view)

    connect()
    assert ann.command(channel, "/faq", "add").acked
    modal = ann.wait_for_modal("add")
    assert (modal.title, modal.private_metadata) == ("Add an answer", "p")
    assert ann.submit(modal, {"q": "bad"}).errors == {"question": "Too bad."}
    assert ann.modal() is not None
    delivery = ann.submit(modal, {"question": {"q": "good"}, "t": ["vpn"]})
    assert delivery.acked
    assert saved[0]["question"]["q"] == {"type": "plain_text_input", "value": "good"}
    assert saved[0]["tags"]["t"]["selected_options"][0]["value"] == "vpn"
    top = ann.wait_for_modal("next")
    assert [view.callback_id for view in ann.modals()] == ["add", "next"]
    told = ann.close(top)
    assert told is not None
    slack.wait_until_idle()
    assert saved[1]["callback_id"] == "next"
    assert [view.callback_id for view in ann.modals()] == ["add"]


def test_a_command_answers_to_one_person_or_to_all(
    slack: Playground, bolt: Bolt, channel: Channel, ann: Person
) -> None:
    app, connect = bolt

    @app.command("/faq")
    def faq(ack: Any, command: Json) -> None:
        ack(text=command["text"], response_type=command["text"])

    connect()
    assert ann.command(channel, "faq", "ephemeral").response == {
        "text": "ephemeral",
        "response_type": "ephemeral",
    }
    assert ann.wait_for_ephemeral(channel)[0].text == "ephemeral"
    ann.command(channel, "/faq", "in_channel")
    assert slack.wait_for_messages(channel)[0].text == "in_channel"


def test_an_interaction_that_is_not_acknowledged_fails_once(
    slack: Playground, bolt: Bolt, channel: Channel, ann: Person
) -> None:
    app, connect = bolt
    slack.set_patience(ack_timeout=0.2)
    free = threading.Event()

    @app.command("/slow")
    def slow(ack: Any) -> None:
        free.wait(5)
        ack()

    connect()
    delivery = ann.command(channel, "/slow")
    assert (delivery.state, len(delivery.attempts)) == ("failed", 1)
    (message,) = ann.wait_for_ephemeral(channel)
    assert message.text == '/slow failed with the error "operation_timeout"'
    free.set()


def test_an_ephemeral_card_is_replaced_and_deleted_by_its_response_url(
    slack: Playground, bolt: Bolt, channel: Channel, ann: Person
) -> None:
    app, connect = bolt
    bodies: list[Json] = []

    @app.command("/faq")
    def faq(ack: Any) -> None:
        ack(blocks=CARD, text="card")

    @app.action("solved")
    def solved(ack: Any, body: Json, respond: Any) -> None:
        ack()
        bodies.append(body)
        if len(bodies) == 1:
            respond(text="again?", blocks=CARD, replace_original=True)
        else:
            respond(delete_original=True)

    connect()
    ann.command(channel, "/faq")
    (card,) = ann.wait_for_ephemeral(channel)
    ann.click(channel, card, "solved")
    slack.wait_until(lambda: [m for m in ann.sees(channel) if m.text == "again?"])
    ann.click(channel, card, "solved")
    slack.wait_until(lambda: not ann.sees(channel))
    assert bodies[0]["container"]["is_ephemeral"] is True
    assert "message" not in bodies[0]


def test_feedback_buttons_and_home_buttons_work(
    slack: Playground, bolt: Bolt, channel: Channel, ann: Person
) -> None:
    app, connect = bolt
    bodies: list[Json] = []

    @app.action("feedback")
    @app.action("refresh")
    def act(ack: Any, body: Json) -> None:
        ack()
        bodies.append(body)

    connect()
    ts = app.client.chat_postMessage(
        channel=channel.id,
        text="x",
        blocks=[
            {
                "type": "context_actions",
                "elements": [
                    {
                        "type": "feedback_buttons",
                        "action_id": "feedback",
                        "positive_button": {"text": plain("Good"), "value": "up"},
                        "negative_button": {"text": plain("Bad"), "value": "down"},
                    }
                ],
            }
        ],
    )["ts"]
    ann.click(channel, ts, "feedback", value="down")
    button = {"type": "button", "text": plain("Refresh"), "action_id": "refresh"}
    app.client.views_publish(
        user_id=ann.id,
        view={"type": "home", "blocks": [{"type": "actions", "elements": [button]}]},
    )
    ann.click_view(ann.wait_for_home(), "refresh")
    slack.wait_until_idle()
    assert bodies[0]["actions"][0]["value"] == "down"
    assert bodies[1]["container"]["type"] == "view"
    assert "response_url" not in bodies[1]


def test_shortcuts_carry_their_message(
    slack: Playground, bolt: Bolt, channel: Channel, ann: Person
) -> None:
    app, connect = bolt
    bodies: list[Json] = []

    @app.shortcut("save")
    def save(ack: Any, body: Json) -> None:
        ack()
        bodies.append(body)

    connect()
    ts = ann.post(channel, "a good answer")
    assert ann.shortcut("save", channel=channel, ts=ts).acked
    assert ann.shortcut("save").acked
    slack.wait_until(lambda: len(bodies) == 2)
    assert (bodies[0]["type"], bodies[0]["message"]["text"]) == ("message_action", "a good answer")
    assert bodies[1]["type"] == "shortcut"


def test_an_external_select_asks_the_app_for_options(
    slack: Playground, bolt: Bolt, channel: Channel, ann: Person
) -> None:
    app, connect = bolt
    values: list[Json] = []

    @app.command("/faq")
    def faq(ack: Any, command: Json, client: Any) -> None:
        ack()
        block = {
            "type": "input",
            "block_id": "b",
            "label": plain("Answer"),
            "element": {"type": "external_select", "action_id": "answer"},
        }
        client.views_open(trigger_id=command["trigger_id"], view=MODAL | {"blocks": [block]})

    @app.options("answer")
    def options(ack: Any, payload: Json) -> None:
        ack(options=[{"text": plain(f"About {payload['value']}"), "value": "7"}])

    @app.view("add")
    def add(ack: Any, view: Json) -> None:
        ack()
        values.append(view["state"]["values"]["b"]["answer"]["selected_option"])

    connect()
    ann.command(channel, "/faq")
    modal = ann.wait_for_modal()
    (option,) = ann.suggest("answer", "vpn", view=modal)
    assert option["text"]["text"] == "About vpn"
    assert ann.submit(modal, {"answer": option}).acked
    assert values == [option]
