"""The Block Kit reference as rules: composition objects and elements."""

from __future__ import annotations

from playground.block_kit.rules import (
    Rule,
    anything,
    array,
    boolean,
    integer,
    obj,
    one_of,
    string,
    typed,
)


def plain(maximum: int) -> Rule:
    """A plain_text object."""
    return obj({"type": one_of("plain_text"), "text": string(maximum)}, {"emoji": boolean})


def text(maximum: int) -> Rule:
    """A plain_text or mrkdwn object."""
    return typed(
        {
            "plain_text": plain(maximum),
            "mrkdwn": obj({"type": anything, "text": string(maximum)}, {"verbatim": boolean}),
        }
    )


CONFIRM = obj(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = obj(
    {"text": text(75), "value": string(150)}, {"description": text(75), "url": string(3000)}
)
OPTION_GROUP = obj({"label": plain(75), "options": array(OPTION, 100)})
SLACK_FILE = obj({}, {"id": string(), "url": string(3000)})
DISPATCH = obj({}, {"trigger_actions_on": array(anything, 2)})
FILTER = obj(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
PLACEHOLDER = plain(150)


def element(required: dict[str, Rule] | None = None, **optional: Rule) -> Rule:
    """An interactive element: a type and an action id besides its own properties."""
    base = {"action_id": string(255), "confirm": CONFIRM, "focus_on_load": boolean}
    return obj({"type": anything} | (required or {}), base | optional)


def _select(**optional: Rule) -> Rule:
    return element(None, placeholder=PLACEHOLDER, **optional)


_options = array(OPTION, 100)
_groups = array(OPTION_GROUP, 100)
IDS = array(string(), 100, 0)
_max_items = integer(1, 1000)
SELECTS: dict[str, Rule] = {
    "static_select": _select(options=_options, option_groups=_groups, initial_option=OPTION),
    "external_select": _select(initial_option=OPTION, min_query_length=integer(0, 100)),
    "users_select": _select(initial_user=string()),
    "conversations_select": _select(
        initial_conversation=string(),
        default_to_current_conversation=boolean,
        response_url_enabled=boolean,
        filter=FILTER,
    ),
    "channels_select": _select(initial_channel=string(), response_url_enabled=boolean),
    "multi_static_select": _select(
        options=_options,
        option_groups=_groups,
        initial_options=_options,
        max_selected_items=_max_items,
    ),
    "multi_external_select": _select(
        initial_options=_options, min_query_length=integer(0, 100), max_selected_items=_max_items
    ),
    "multi_users_select": _select(initial_users=IDS, max_selected_items=_max_items),
    "multi_conversations_select": _select(
        initial_conversations=IDS,
        default_to_current_conversation=boolean,
        filter=FILTER,
        max_selected_items=_max_items,
    ),
    "multi_channels_select": _select(initial_channels=IDS, max_selected_items=_max_items),
}
CHOICES: dict[str, Rule] = {
    "checkboxes": element({"options": array(OPTION, 10)}, initial_options=array(OPTION, 10)),
    "radio_buttons": element({"options": array(OPTION, 10)}, initial_option=OPTION),
    "datepicker": element(placeholder=PLACEHOLDER, initial_date=string(10)),
    "timepicker": element(placeholder=PLACEHOLDER, initial_time=string(5), timezone=string()),
    "datetimepicker": element(initial_date_time=integer(0, 9_999_999_999)),
}
BUTTON = element(
    {"text": plain(75)},
    url=string(3000),
    value=string(2000),
    style=one_of("primary", "danger"),
    accessibility_label=string(75),
)
WORKFLOW_BUTTON = element(
    {"text": plain(75), "workflow": anything},
    style=one_of("primary", "danger"),
    accessibility_label=string(75),
)
IMAGE_ELEMENT = obj(
    {"type": anything, "alt_text": string(2000)},
    {"image_url": string(3000), "slack_file": SLACK_FILE},
)
FEEDBACK_BUTTON = obj(
    {"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)}
)
INPUTS: dict[str, Rule] = {
    "plain_text_input": element(
        initial_value=string(3000, 0),
        multiline=boolean,
        min_length=integer(0, 3000),
        max_length=integer(1, 3000),
        dispatch_action_config=DISPATCH,
        placeholder=PLACEHOLDER,
    ),
    "email_text_input": element(
        initial_value=string(), dispatch_action_config=DISPATCH, placeholder=PLACEHOLDER
    ),
    "url_text_input": element(
        initial_value=string(3000), dispatch_action_config=DISPATCH, placeholder=PLACEHOLDER
    ),
    "number_input": element(
        {"is_decimal_allowed": boolean},
        initial_value=string(),
        min_value=string(),
        max_value=string(),
        dispatch_action_config=DISPATCH,
        placeholder=PLACEHOLDER,
    ),
    "rich_text_input": element(
        initial_value=anything, dispatch_action_config=DISPATCH, placeholder=PLACEHOLDER
    ),
    "file_input": element(filetypes=array(string(), 100), max_files=integer(1, 10)),
}
OVERFLOW: dict[str, Rule] = {"overflow": element({"options": array(OPTION, 5)})}
BUTTONS: dict[str, Rule] = {"button": BUTTON, "workflow_button": WORKFLOW_BUTTON}
