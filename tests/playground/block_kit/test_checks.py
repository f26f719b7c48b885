"""Block Kit's documented limits, and where a fault is said to be."""

from __future__ import annotations

from typing import Any

import pytest

from playground.block_kit.checks import check_message_blocks, message_block_faults, view_faults
from playground.errors import SlackError
from tests.playground.calls import plain

Json = dict[str, Any]


def section(text: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}} | more


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("ok"), "action_id": "a"} | more


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(value: str = "v", text: str = "t") -> Json:
    return {"text": plain(text), "value": value}


FULL_CARD = [
    {"type": "header", "text": plain("h" * 150)},
    section("x" * 3000, block_id="b" * 255),
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "c"}] * 10},
    {"type": "section", "fields": [plain("f" * 20)] * 10},
    actions(
        *(button(action_id=f"a{n}") for n in range(23)),
        button(
            text=plain("t" * 75),
            value="v" * 2000,
            style="danger",
            url="https://x.example/",
            confirm={
                "title": plain("sure?"),
                "text": plain("really"),
                "confirm": plain("yes"),
                "deny": plain("no"),
            },
        ),
        {"type": "static_select", "action_id": "s", "options": [option()] * 100},
    ),
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "f",
                "positive_button": {"text": plain("good"), "value": "1"},
                "negative_button": {"text": plain("bad"), "value": "0"},
            }
        ],
    },
    {"type": "markdown", "text": "**md**"},
    {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a"},
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
]


def test_a_card_at_its_limits_is_fine() -> None:
    assert message_block_faults(FULL_CARD) == []


BLOCKS_OVER_A_LIMIT: list[tuple[list[Any], str]] = [
    ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    (
        [section("x" * 3001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ([{"type": "section"}], "missing required field: text or fields [json-pointer:/blocks/0]"),
    (
        [section(), {"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters [json-pointer:/blocks/1/text/text]",
    ),
    (
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        "must be one of: plain_text [json-pointer:/blocks/0/text/type]",
    ),
    (
        [actions(button(text=plain("x" * 76)))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        [actions(button(value="x" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    (
        [actions(button(action_id="x" * 256))],
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    (
        [actions(button(url="https://" + "x" * 3000))],
        "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]",
    ),
    (
        [actions(button(style="green"))],
        "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        [actions(*(button(action_id=str(n)) for n in range(26)))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    ([actions()], "no less than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (
        [{"type": "context", "elements": [plain("x")] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        [section(block_id="x" * 256)],
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    (
        [section(block_id="same"), section(block_id="same")],
        "`block_id` 'same' already exists for another block [json-pointer:/blocks/1/block_id]",
    ),
    (
        [actions(button(), button())],
        "`action_id` 'a' already exists for another element"
        " [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    (
        [{"type": "static"}],
        "unsupported type: static [json-pointer:/blocks/0/type]",
    ),
    ([section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]"),
    (
        [{"type": "markdown", "text": "x" * 7000}] * 2,
        "markdown blocks must be less than 12001 characters [json-pointer:/blocks]",
    ),
    (["text"], "must provide an object [json-pointer:/blocks/0]"),
    (
        [
            section(
                accessory={
                    "type": "overflow",
                    "action_id": "o",
                    "options": [option(str(n)) for n in range(6)],
                }
            )
        ],
        "no more than 5 items allowed [json-pointer:/blocks/0/accessory/options]",
    ),
]


def test_what_is_over_a_limit_is_pointed_at(subtests: pytest.Subtests) -> None:
    for blocks, fault in BLOCKS_OVER_A_LIMIT:
        with subtests.test(fault):
            assert fault in message_block_faults(blocks)


def test_an_error_lists_the_faults_as_slack_does() -> None:
    with pytest.raises(SlackError) as caught:
        check_message_blocks([section("")])
    assert caught.value.code == "invalid_blocks"
    (message,) = caught.value.extra["response_metadata"]["messages"]
    assert message.startswith("[ERROR] must be more than 0 characters [json-pointer:/blocks/0")


def test_too_much_text_in_all_is_refused_though_every_block_is_fine() -> None:
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        check_message_blocks([section("x" * 2900)] * 5)


def view(**more: Any) -> Json:
    return {"type": "modal", "title": plain("title"), "blocks": []} | more


INPUT = {
    "type": "input",
    "label": plain("label"),
    "element": {"type": "plain_text_input", "action_id": "a"},
}


VIEWS_OVER_A_LIMIT: list[tuple[Json, str]] = [
    (
        view(title=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    (
        view(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    (
        view(blocks=[{"type": "divider"}] * 101),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    (view(blocks=[INPUT]), "missing required field: submit [json-pointer:/view]"),
    ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    ({"type": "tab", "blocks": []}, "unsupported type: tab [json-pointer:/view/type]"),
]


def test_views_have_limits_too(subtests: pytest.Subtests) -> None:
    for payload, fault in VIEWS_OVER_A_LIMIT:
        with subtests.test(fault):
            assert fault in view_faults(payload)


def test_a_view_within_its_limits_is_fine() -> None:
    assert view_faults(view(submit=plain("x" * 24), blocks=[INPUT])) == []
