"""The state of inputs: what Slack reports under ``state.values`` before and after input."""

from __future__ import annotations

from typing import Any

from playground.block_kit.interactive import interactive_elements
from playground.errors import ControlError

Json = dict[str, Any]
State = dict[str, dict[str, Json]]

# How each element names its value in the state, and the property it starts with.
VALUE_FIELDS: dict[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", "files"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
_LISTS = ("selected_options", "selected_users", "selected_conversations", "selected_channels")


def initial_state(blocks: list[Json]) -> State:
    """The state of blocks that nobody has touched."""
    state: State = {}
    for block, element, _ in interactive_elements(blocks):
        fields = VALUE_FIELDS.get(element["type"])
        if fields is None:
            continue
        name, initial = fields
        value = element.get(initial)
        if value is None and name in _LISTS:
            value = []
        state.setdefault(block["block_id"], {})[element["action_id"]] = {
            "type": element["type"],
            name: value,
        }
    return state


def find_element(blocks: list[Json], action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The block and element to act on; says what there is when it is not found."""
    found = [
        (block, element)
        for block, element, _ in interactive_elements(blocks)
        if element.get("action_id") == action_id and block_id in (None, block.get("block_id"))
    ]
    if not found:
        known = [element.get("action_id") for _, element, _ in interactive_elements(blocks)]
        raise ControlError(f"There is no action {action_id!r} here, only {known}.")
    return found[0]


def options_of(element: Json) -> list[Json]:
    """All options of a select, also those in groups."""
    options = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        options += group.get("options", [])
    return options


def element_state(element: Json, value: Any) -> Json:
    """The state of an element after a person gave it a value.

    Options are given by their value. Raises `ControlError` for what Slack's client would
    not let a person do.
    """
    kind = element["type"]
    fields = VALUE_FIELDS.get(kind)
    if fields is None:
        raise ControlError(f"A {kind} takes no value.")
    name = fields[0]
    if name in ("selected_option", "selected_options") and kind not in (
        "external_select",
        "multi_external_select",
    ):
        return {"type": kind, name: _chosen(element, value, many=name == "selected_options")}
    if name == "selected_option" and isinstance(value, str):
        value = {"text": {"type": "plain_text", "text": value}, "value": value}
    if kind == "plain_text_input" and value is not None:
        _check_length(element, str(value))
    if name in _LISTS and not isinstance(value, list):
        value = [value] if value is not None else []
    return {"type": kind, name: value if value != "" else None}


def _chosen(element: Json, value: Any, *, many: bool) -> Any:
    by_value = {option["value"]: option for option in options_of(element)}
    values = value if isinstance(value, list) else [] if value is None else [value]
    unknown = [entry for entry in values if entry not in by_value]
    if unknown:
        raise ControlError(f"There is no option {unknown[0]!r}, only {list(by_value)}.")
    chosen = [by_value[entry] for entry in values]
    if many:
        return chosen
    return chosen[0] if chosen else None


def _check_length(element: Json, value: str) -> None:
    maximum = element.get("max_length", 3000)
    if len(value) > maximum:
        raise ControlError(f"The text has {len(value)} characters, at most {maximum} fit.")
    minimum = element.get("min_length", 0)
    if len(value) < minimum:
        raise ControlError(f"The text has {len(value)} characters, at least {minimum} are needed.")


def missing_inputs(blocks: list[Json], state: State) -> list[str]:
    """The action ids of required inputs that are empty: Slack's client does not submit them."""
    missing = []
    for block in blocks:
        if block.get("type") != "input" or block.get("optional"):
            continue
        element = block["element"]
        values = state.get(block["block_id"], {}).get(element["action_id"], {})
        if not any(value for name, value in values.items() if name != "type"):
            missing.append(element["action_id"])
    return missing
