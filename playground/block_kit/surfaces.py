"""The Block Kit reference as rules: blocks, and the messages and views they stand in."""

from __future__ import annotations

from typing import Any

from playground.block_kit.elements import (
    BUTTONS,
    CHOICES,
    FEEDBACK_BUTTON,
    IDS,
    IMAGE_ELEMENT,
    INPUTS,
    OVERFLOW,
    SELECTS,
    SLACK_FILE,
    element,
    plain,
    text,
)
from playground.block_kit.rules import (
    Faults,
    Rule,
    anything,
    array,
    boolean,
    fault,
    needs_one,
    obj,
    one_of,
    string,
    typed,
)

MAX_MESSAGE_BLOCKS = 50
MAX_VIEW_BLOCKS = 100
MAX_MARKDOWN = 12_000


def block(required: dict[str, Rule] | None = None, **optional: Rule) -> Rule:
    """A block: a type and a block id besides its own properties."""
    return obj({"type": anything} | (required or {}), {"block_id": string(255)} | optional)


def _rich_text_element(value: Any, pointer: str, faults: Faults) -> None:
    kinds = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    if not isinstance(value, dict) or value.get("type") not in kinds:
        fault(faults, pointer, "must be a rich text section, list, preformatted or quote")
    elif not isinstance(value.get("elements"), list):
        fault(faults, pointer, "missing required field: elements")


IMAGE_BLOCK = needs_one(
    block(
        {"alt_text": string(2000)},
        image_url=string(3000),
        slack_file=SLACK_FILE,
        title=plain(2000),
    ),
    "image_url",
    "slack_file",
)
COMMON_BLOCKS: dict[str, Rule] = {
    "actions": block({"elements": array(typed(BUTTONS | SELECTS | CHOICES | OVERFLOW), 25)}),
    "context": block(
        {
            "elements": array(
                typed(
                    {
                        "image": IMAGE_ELEMENT,
                        "plain_text": text(3000),
                        "mrkdwn": text(3000),
                    }
                ),
                10,
            )
        }
    ),
    "divider": block(),
    "header": block({"text": plain(150)}),
    "image": IMAGE_BLOCK,
    "input": block(
        {"label": plain(2000), "element": typed(INPUTS | SELECTS | CHOICES)},
        dispatch_action=boolean,
        hint=plain(2000),
        optional=boolean,
    ),
    "rich_text": block({"elements": array(_rich_text_element, 1000, 0)}),
    "section": needs_one(
        block(
            text=text(3000),
            fields=array(text(2000), 10),
            accessory=typed(BUTTONS | SELECTS | CHOICES | OVERFLOW | {"image": IMAGE_ELEMENT}),
            expand=boolean,
        ),
        "text",
        "fields",
    ),
    "video": block(
        {
            "alt_text": string(2000),
            "thumbnail_url": string(3000),
            "title": plain(200),
            "video_url": string(3000),
        },
        author_name=string(50),
        description=plain(200),
        provider_icon_url=string(3000),
        provider_name=string(50),
        title_url=string(3000),
    ),
}
MESSAGE_BLOCKS: dict[str, Rule] = COMMON_BLOCKS | {
    "context_actions": block(
        {
            "elements": array(
                typed(
                    {
                        "feedback_buttons": obj(
                            {
                                "type": anything,
                                "positive_button": FEEDBACK_BUTTON,
                                "negative_button": FEEDBACK_BUTTON,
                            },
                            {"action_id": string(255)},
                        ),
                        "icon_button": element(
                            {"icon": one_of("trash"), "text": plain(75)},
                            value=string(2000),
                            accessibility_label=string(75),
                            visible_to_user_ids=IDS,
                        ),
                    }
                ),
                5,
            )
        }
    ),
    "markdown": block({"text": string(MAX_MARKDOWN)}),
    "table": block(
        {"rows": array(array(anything, 20), 100)}, column_settings=array(anything, 20, 0)
    ),
}
MESSAGE_RULE = array(typed(MESSAGE_BLOCKS), MAX_MESSAGE_BLOCKS, 0)
_VIEW_BLOCKS = array(typed(COMMON_BLOCKS), MAX_VIEW_BLOCKS, 0)
_VIEW_OPTIONAL: dict[str, Rule] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    "clear_on_close": boolean,
    "notify_on_close": boolean,
    "submit_disabled": boolean,
    "close": plain(24),
    "submit": plain(24),
}
VIEW_RULE = typed(
    {
        "modal": obj(
            {"type": anything, "title": plain(24), "blocks": _VIEW_BLOCKS}, _VIEW_OPTIONAL
        ),
        "home": obj(
            {"type": anything, "blocks": _VIEW_BLOCKS}, _VIEW_OPTIONAL | {"title": plain(24)}
        ),
    }
)
