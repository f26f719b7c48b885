"""Checks of Block Kit against Slack's documented limits, telling where each fault is.

A rule takes a value, the JSON pointer to it and a list for the faults it finds. The
tables below are the Block Kit reference as rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from playground.errors import SlackError

Json = dict[str, Any]
Faults = list[str]
Rule = Callable[[Any, str, Faults], None]

MAX_MESSAGE_BLOCKS = 50
MAX_VIEW_BLOCKS = 100
MAX_MARKDOWN = 12_000
# Undocumented: Slack answers msg_blocks_too_long to about 13,200 characters of text in
# all, less for every block. These numbers reproduce what people have measured.
MAX_MESSAGE_TEXT = 13_422
TEXT_PER_BLOCK = 125


def _fault(faults: Faults, pointer: str, message: str) -> None:
    faults.append(f"{message} [json-pointer:{pointer}]")


def string(maximum: int | None = None, minimum: int = 1) -> Rule:
    """A string between these lengths."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, str):
            _fault(faults, pointer, "must be a string")
        elif maximum is not None and len(value) > maximum:
            _fault(faults, pointer, f"must be less than {maximum + 1} characters")
        elif len(value) < minimum:
            _fault(faults, pointer, f"must be more than {minimum - 1} characters")

    return rule


def boolean(value: Any, pointer: str, faults: Faults) -> None:
    """A boolean."""
    if not isinstance(value, bool):
        _fault(faults, pointer, "must be a boolean")


def integer(minimum: int, maximum: int) -> Rule:
    """An integer within these bounds."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            _fault(faults, pointer, "must be an integer")
        elif not minimum <= value <= maximum:
            _fault(faults, pointer, f"must be between {minimum} and {maximum}")

    return rule


def one_of(*values: str) -> Rule:
    """One of a few strings."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if value not in values:
            _fault(faults, pointer, f"must be one of: {', '.join(values)}")

    return rule


def anything(value: Any, pointer: str, faults: Faults) -> None:
    """Whatever it is, it is not looked into."""


def array(item: Rule, maximum: int, minimum: int = 1) -> Rule:
    """A list of so many items."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, list):
            _fault(faults, pointer, "must be an array")
            return
        if len(value) > maximum:
            _fault(faults, pointer, f"no more than {maximum} items allowed")
        if len(value) < minimum:
            _fault(faults, pointer, f"no less than {minimum} items allowed")
        for index, entry in enumerate(value):
            item(entry, f"{pointer}/{index}", faults)

    return rule


def obj(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    """An object with these properties and no others."""
    known = required | (optional or {})

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            _fault(faults, pointer, "must provide an object")
            return
        for name in required:
            if value.get(name) is None:
                _fault(faults, pointer, f"missing required field: {name}")
        for name, entry in value.items():
            if name not in known:
                _fault(faults, pointer, f"invalid additional property: {name}")
            elif entry is not None:
                known[name](entry, f"{pointer}/{name}", faults)

    return rule


def typed(table: dict[str, Rule]) -> Rule:
    """An object whose ``type`` says which rule holds for it."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            _fault(faults, pointer, "must provide an object")
        elif "type" not in value:
            _fault(faults, pointer, "missing required field: type")
        elif not isinstance(value["type"], str) or value["type"] not in table:
            _fault(faults, f"{pointer}/type", f"unsupported type: {value['type']}")
        else:
            table[value["type"]](value, pointer, faults)

    return rule


# -- composition objects ---------------------------------------------------------------


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


# -- elements --------------------------------------------------------------------------


def element(required: dict[str, Rule] | None = None, **optional: Rule) -> Rule:
    """An interactive element: a type and an action id besides its own properties."""
    base = {"action_id": string(255), "confirm": CONFIRM, "focus_on_load": boolean}
    return obj({"type": anything} | (required or {}), base | optional)


def _select(**optional: Rule) -> Rule:
    return element(None, placeholder=PLACEHOLDER, **optional)


_options = array(OPTION, 100)
_groups = array(OPTION_GROUP, 100)
_ids = array(string(), 100, 0)
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
    "multi_users_select": _select(initial_users=_ids, max_selected_items=_max_items),
    "multi_conversations_select": _select(
        initial_conversations=_ids,
        default_to_current_conversation=boolean,
        filter=FILTER,
        max_selected_items=_max_items,
    ),
    "multi_channels_select": _select(initial_channels=_ids, max_selected_items=_max_items),
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


# -- blocks ----------------------------------------------------------------------------


def block(required: dict[str, Rule] | None = None, **optional: Rule) -> Rule:
    """A block: a type and a block id besides its own properties."""
    return obj({"type": anything} | (required or {}), {"block_id": string(255)} | optional)


def _needs_one(rule: Rule, *names: str) -> Rule:
    def checked(value: Any, pointer: str, faults: Faults) -> None:
        rule(value, pointer, faults)
        if not any(value.get(name) for name in names):
            _fault(faults, pointer, f"missing required field: {' or '.join(names)}")

    return checked


def _rich_text_element(value: Any, pointer: str, faults: Faults) -> None:
    kinds = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    if not isinstance(value, dict) or value.get("type") not in kinds:
        _fault(faults, pointer, "must be a rich text section, list, preformatted or quote")
    elif not isinstance(value.get("elements"), list):
        _fault(faults, pointer, "missing required field: elements")


IMAGE_BLOCK = _needs_one(
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
    "section": _needs_one(
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
                            visible_to_user_ids=_ids,
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

_message_rule = array(typed(MESSAGE_BLOCKS), MAX_MESSAGE_BLOCKS, 0)
_view_blocks_rule = array(typed(COMMON_BLOCKS), MAX_VIEW_BLOCKS, 0)
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
_view_rule = typed(
    {
        "modal": obj(
            {"type": anything, "title": plain(24), "blocks": _view_blocks_rule}, _VIEW_OPTIONAL
        ),
        "home": obj(
            {"type": anything, "blocks": _view_blocks_rule}, _VIEW_OPTIONAL | {"title": plain(24)}
        ),
    }
)


def interactive_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json, str]]:
    """The elements of blocks that can be acted on: block, element, pointer within the list."""
    for index, entry in enumerate(blocks):
        if not isinstance(entry, dict):
            continue
        elements = entry.get("elements")
        if entry.get("type") in ("actions", "context_actions") and isinstance(elements, list):
            for number, inner in enumerate(elements):
                if isinstance(inner, dict):
                    yield entry, inner, f"/{index}/elements/{number}"
        for name in ("accessory", "element"):
            inner = entry.get(name)
            if isinstance(inner, dict) and inner.get("type") != "image":
                yield entry, inner, f"/{index}/{name}"


def _duplicates(blocks: Any, pointer: str, faults: Faults) -> None:
    if not isinstance(blocks, list):
        return
    seen: set[str] = set()
    for index, entry in enumerate(blocks):
        block_id = entry.get("block_id") if isinstance(entry, dict) else None
        if isinstance(block_id, str) and block_id in seen:
            message = f"`block_id` {block_id!r} already exists for another block"
            _fault(faults, f"{pointer}/{index}/block_id", message)
        elif isinstance(block_id, str):
            seen.add(block_id)
    actions: set[tuple[int, str]] = set()
    for entry, inner, where in interactive_elements(blocks):
        action = (id(entry), str(inner.get("action_id")))
        if inner.get("action_id") is not None and action in actions:
            message = f"`action_id` {inner['action_id']!r} already exists for another element"
            _fault(faults, f"{pointer}{where}/action_id", message)
        actions.add(action)


def _markdown(blocks: Any, pointer: str, faults: Faults) -> None:
    if not isinstance(blocks, list):
        return
    total = sum(
        len(str(entry.get("text", "")))
        for entry in blocks
        if isinstance(entry, dict) and entry.get("type") == "markdown"
    )
    if total > MAX_MARKDOWN:
        _fault(faults, pointer, f"markdown blocks must be less than {MAX_MARKDOWN + 1} characters")


def message_block_faults(blocks: Any) -> list[str]:
    """What is wrong with a message's blocks, each with a JSON pointer; nothing if all is well."""
    faults: Faults = []
    _message_rule(blocks, "/blocks", faults)
    _duplicates(blocks, "/blocks", faults)
    if not faults:
        _markdown(blocks, "/blocks", faults)
    return faults


def view_faults(view: Any) -> list[str]:
    """What is wrong with a view, each with a JSON pointer; nothing if all is well."""
    faults: Faults = []
    _view_rule(view, "/view", faults)
    if isinstance(view, dict):
        blocks = view.get("blocks")
        _duplicates(blocks, "/view/blocks", faults)
        has_input = isinstance(blocks, list) and any(
            isinstance(entry, dict) and entry.get("type") == "input" for entry in blocks
        )
        if view.get("type") == "modal" and has_input and not view.get("submit"):
            _fault(faults, "/view", "missing required field: submit")
    return faults


def refuse(code: str, faults: list[str]) -> None:
    """Raises Slack's error if there are faults."""
    if faults:
        raise SlackError(
            code,
            errors=faults,
            response_metadata={"messages": [f"[ERROR] {fault}" for fault in faults]},
        )


def _text_length(value: Any) -> int:
    if isinstance(value, list):
        return sum(_text_length(entry) for entry in value)
    if isinstance(value, dict):
        return sum(
            len(entry) if name == "text" and isinstance(entry, str) else _text_length(entry)
            for name, entry in value.items()
        )
    return 0


def check_message_blocks(blocks: list[Json]) -> None:
    """Raises ``invalid_blocks`` or ``msg_blocks_too_long``."""
    refuse("invalid_blocks", message_block_faults(blocks))
    if _text_length(blocks) + TEXT_PER_BLOCK * len(blocks) > MAX_MESSAGE_TEXT:
        raise SlackError("msg_blocks_too_long")


def check_view(view: Any) -> None:
    """Raises ``invalid_arguments`` about a view."""
    refuse("invalid_arguments", view_faults(view))


def fill_ids(blocks: list[Json], next_id: Callable[[], str]) -> list[Json]:
    """Gives each block and each interactive element the id that Slack would give it."""
    for entry in blocks:
        entry.setdefault("block_id", next_id())
    for _, inner, _ in interactive_elements(blocks):
        inner.setdefault("action_id", next_id())
    return blocks
