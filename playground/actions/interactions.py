"""What happens when a person clicks, submits, closes or types a command."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from playground.actions import messages
from playground.block_kit.forms import (
    VALUE_FIELDS,
    State,
    element_state,
    find_element,
    initial_state,
    missing_inputs,
    options_of,
)
from playground.delivery.dispatcher import Delivery
from playground.errors import ControlError, SlackError
from playground.hub import Hub
from playground.web_api.methods.views import (
    close_modals,
    close_top,
    read_view,
    replace_view,
    show_modal,
)
from playground.workspace.shapes import channel_json, channel_type, message_json, view_json
from playground.workspace.state import (
    APP_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    VERIFICATION_TOKEN,
    AssistantThread,
    Channel,
    Message,
    User,
    View,
)

Json = dict[str, Any]


@dataclass(frozen=True)
class Pick:
    """What is acted on: an element by its action id, and the value given to it."""

    action_id: str
    block_id: str | None = None
    value: Any = None


def _person(user: User) -> Json:
    return {
        "id": user.id,
        "username": user.name,
        "name": user.name,
        "team_id": TEAM_ID,
    }


def _common(hub: Hub, kind: str, user: User, view_id: str | None = None) -> Json:
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": _person(user),
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "trigger_id": hub.workspace.new_trigger(user.id, view_id),
    }


def _shown_channel(channel: Channel) -> Json:
    names = {"public": channel.name, "private": "privategroup", "im": "directmessage"}
    return {"id": channel.id, "name": names[channel.kind]}


def _response_url(hub: Hub, channel: Channel, user: User, message: Message | None = None) -> str:
    url = hub.workspace.new_response_url(channel.id, user.id, message.ts if message else None)
    return f"{hub.app_url}/actions/{TEAM_ID}/{url.ticket}/playground"


def visible_message(channel: Channel, user: User, ts: str) -> Message:
    """A message as this person sees it, ephemeral ones too."""
    ephemeral = channel.ephemerals.get(ts)
    if ephemeral is not None and ephemeral.ephemeral_to == user.id:
        return ephemeral
    try:
        return channel.messages[ts]
    except KeyError:
        raise ControlError(f"{user.name} sees no message {ts} in {channel.name}.", 404) from None


def _act(blocks: list[Json], state: State, pick: Pick, ts: str) -> Json:
    """Applies a pick to the state; the entry for the payload's ``actions``."""
    block, element = find_element(blocks, pick.action_id, pick.block_id)
    kind = element["type"]
    action: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": ts,
    }
    if kind in VALUE_FIELDS:
        picked = element_state(element, pick.value)
        state.setdefault(block["block_id"], {})[element["action_id"]] = picked
        return action | picked | _placeholder(element)
    if kind == "overflow":
        options = {option["value"]: option for option in element["options"]}
        if pick.value not in options:
            raise ControlError(f"There is no option {pick.value!r}, only {list(options)}.")
        return action | {"selected_option": options[pick.value]}
    if kind == "feedback_buttons":
        return action | _feedback(element, pick.value)
    for name in ("text", "value", "style", "url"):
        if name in element:
            action[name] = element[name]
    return action


def _placeholder(element: Json) -> Json:
    return {"placeholder": element["placeholder"]} if "placeholder" in element else {}


def _feedback(element: Json, value: Any) -> Json:
    buttons = [element["positive_button"], element["negative_button"]]
    chosen = next((b for b in buttons if b["value"] == value), None)
    if chosen is None:
        known = [button["value"] for button in buttons]
        raise ControlError(f"There is no feedback {value!r}, only {known}.")
    return {"text": chosen["text"], "value": chosen["value"]}


def act_on_message(
    hub: Hub, user: User, channel: Channel, message: Message, pick: Pick
) -> Delivery:
    """A click or a choice in a message: ``block_actions``."""
    ephemeral = message.ephemeral_to is not None
    state = message.picks.setdefault(user.id, initial_state(message.blocks))
    action = _act(message.blocks, state, pick, hub.workspace.next_ts())
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.is_reply:
        container["thread_ts"] = message.thread_ts
    payload = _common(hub, "block_actions", user) | {
        "container": container,
        "channel": _shown_channel(channel),
        "state": {"values": copy.deepcopy(state)},
        "response_url": _response_url(hub, channel, user, message),
        "actions": [action],
    }
    if not ephemeral:
        # Slack keeps no ephemeral messages, so it cannot send them along.
        payload["message"] = copy.deepcopy(message_json(hub.workspace, message))
    hub.changed()
    return hub.interact("interactive", f"block_actions {action['action_id']}", payload)


def act_on_view(hub: Hub, user: User, view: View, pick: Pick) -> Delivery:
    """A click or a choice in a modal or home tab: ``block_actions``."""
    action = _act(view.payload["blocks"], view.state, pick, hub.workspace.next_ts())
    payload = _common(hub, "block_actions", user, view.id) | {
        "container": {"type": "view", "view_id": view.id},
        "view": copy.deepcopy(view_json(view)),
        "actions": [action],
    }
    hub.changed()
    return hub.interact("interactive", f"block_actions {action['action_id']}", payload)


async def suggest(
    hub: Hub,
    user: User,
    action_id: str,
    typed: str,
    *,
    view: View | None = None,
    place: tuple[Channel, Message] | None = None,
) -> tuple[Delivery, list[Json]]:
    """Types into an external_select: ``block_suggestion``, and the options the app offers."""
    payload = _common(hub, "block_suggestion", user)
    payload.pop("trigger_id")
    if view is not None:
        blocks = view.payload["blocks"]
        payload |= {
            "container": {"type": "view", "view_id": view.id},
            "view": copy.deepcopy(view_json(view)),
        }
    elif place is not None:
        channel, message = place
        blocks = message.blocks
        payload |= {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": message.ephemeral_to is not None,
            },
            "channel": _shown_channel(channel),
            "message": copy.deepcopy(message_json(hub.workspace, message)),
        }
    else:
        raise ControlError("Name a view or a message.")
    block, element = find_element(blocks, action_id, None)
    payload |= {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "value": typed,
    }
    delivery = hub.interact("interactive", f"block_suggestion {action_id}", payload)
    await delivery.done.wait()
    return delivery, options_of(delivery.response or {})


def fill_view(view: View, values: Json) -> None:
    """Puts values into a view's inputs: by action id, or by block id and action id."""
    for name, value in values.items():
        inner = value if isinstance(value, dict) and name in view.state else {name: value}
        block_id = name if inner is value else None
        for action_id, entry in inner.items():
            block, element = find_element(view.payload["blocks"], action_id, block_id)
            view.state.setdefault(block["block_id"], {})[action_id] = element_state(element, entry)


async def submit_view(hub: Hub, user: User, view: View, values: Json) -> Delivery:
    """Submits a modal, and does what the app answers."""
    fill_view(view, values)
    missing = missing_inputs(view.payload["blocks"], view.state)
    if missing:
        raise ControlError(f"Required inputs are empty: {missing}.")
    view.errors = {}
    payload = _common(hub, "view_submission", user, view.id) | {
        "view": copy.deepcopy(view_json(view)),
        "response_urls": [],
    }
    label = f"view_submission {view.payload.get('callback_id', '')}"
    delivery = hub.interact("interactive", label, payload)
    await delivery.done.wait()
    if delivery.state == "acked":
        _answer_submission(hub, user, view, delivery.response)
    else:
        view.errors = {"": "We had some trouble connecting. Try again?"}
    hub.changed()
    return delivery


def _answer_submission(hub: Hub, user: User, view: View, answer: Json | None) -> None:
    answer = answer or {}
    action = answer.get("response_action")
    try:
        if action == "errors":
            view.errors = dict(answer.get("errors") or {})
        elif action == "update":
            replace_view(hub, view, read_view(hub, answer.get("view")))
        elif action == "push":
            show_modal(hub, user.id, read_view(hub, answer.get("view")), push=True)
        elif action == "clear":
            close_modals(hub, user.id)
        else:
            close_top(hub, user.id)
    except SlackError as error:
        faults = error.extra.get("errors") or [error.code]
        view.errors = {"": f"The app answered with a view that Slack refuses: {faults[0]}"}


def close_view(hub: Hub, user: User, view: View, *, clear: bool = False) -> Delivery | None:
    """Closes a modal; the app hears of it if it asked to."""
    shown = view_json(view)
    if clear or view.payload.get("clear_on_close"):
        close_modals(hub, user.id)
    else:
        close_top(hub, user.id)
    if not view.payload.get("notify_on_close"):
        return None
    payload = _common(hub, "view_closed", user) | {"view": shown, "is_cleared": clear}
    payload.pop("trigger_id")
    return hub.interact("interactive", f"view_closed {shown['callback_id']}", payload)


async def run_command(hub: Hub, user: User, channel: Channel, command: str, text: str) -> Delivery:
    """Types a slash command; what the app answers shows as an ephemeral message."""
    payload = {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": _shown_channel(channel)["name"],
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": _response_url(hub, channel, user).replace("/actions/", "/commands/"),
        "trigger_id": hub.workspace.new_trigger(user.id),
    }
    delivery = hub.interact("slash_commands", command, payload)
    await delivery.done.wait()
    if delivery.state != "acked":
        error = delivery.attempts[-1].error if delivery.attempts else None
        reason = "operation_timeout" if error and "acknowledge" in error else "dispatch_failed"
        _slackbot(hub, channel, user, f'{command} failed with the error "{reason}"')
    elif delivery.response:
        answer_command(hub, user, channel, delivery.response)
    return delivery


def answer_command(hub: Hub, user: User, channel: Channel, answer: Json) -> None:
    """Shows what the app answered with its acknowledgement of a command."""
    text, blocks = str(answer.get("text") or ""), answer.get("blocks") or []
    if not text and not blocks:
        return
    message = messages.bot_message(hub, channel, text, blocks=blocks)
    if answer.get("response_type") != "in_channel":
        message.ephemeral_to = user.id
    messages.post(hub, message)


def _slackbot(hub: Hub, channel: Channel, user: User, text: str) -> None:
    messages.post(
        hub,
        Message(
            channel=channel.id,
            ts=hub.workspace.next_ts(),
            text=text,
            user="USLACKBOT",
            ephemeral_to=user.id,
        ),
    )


def run_shortcut(
    hub: Hub,
    user: User,
    callback_id: str,
    channel: Channel | None = None,
    message: Message | None = None,
) -> Delivery:
    """A global shortcut, or one on a message."""
    payload = _common(hub, "message_action" if message else "shortcut", user)
    payload |= {"callback_id": callback_id, "action_ts": hub.workspace.next_ts()}
    if message is not None and channel is not None:
        payload |= {
            "channel": _shown_channel(channel),
            "message_ts": message.ts,
            "message": copy.deepcopy(message_json(hub.workspace, message)),
            "response_url": _response_url(hub, channel, user, message),
        }
    return hub.interact("interactive", f"{payload['type']} {callback_id}", payload)


def open_home(hub: Hub, user: User, tab: str) -> Delivery | None:
    """Opens the app's home or messages tab."""
    channel, _ = hub.workspace.open_dm(user.id)
    event: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": channel.id,
        "tab": tab,
        "event_ts": hub.workspace.next_ts(),
    }
    home = hub.workspace.views.get(hub.workspace.homes.get(user.id, ""))
    if tab == "home" and home is not None:
        event["view"] = copy.deepcopy(view_json(home))
    hub.changed()
    return hub.emit("app_home_opened", event)


def start_assistant_thread(hub: Hub, user: User, context_channel: str | None) -> Message:
    """Opens the assistant container: a fresh thread in the direct message."""
    channel, _ = hub.workspace.open_dm(user.id)
    root = messages.bot_message(
        hub, channel, "New Assistant Thread", subtype="assistant_app_thread"
    )
    messages.post(hub, root)
    hub.workspace.assistant_threads[(channel.id, root.ts)] = AssistantThread()
    context: Json = {"team_id": TEAM_ID, "enterprise_id": None}
    if context_channel:
        context["channel_id"] = context_channel
    hub.emit(
        "assistant_thread_started",
        {
            "type": "assistant_thread_started",
            "assistant_thread": {
                "user_id": user.id,
                "context": context,
                "channel_id": channel.id,
                "thread_ts": root.ts,
            },
            "event_ts": hub.workspace.next_ts(),
        },
    )
    return root


def channel_event(hub: Hub, name: str, channel: Channel, user: User) -> None:
    """An event about a channel itself, such as ``channel_archive``."""
    shown: Any = channel_json(channel) if name == "channel_created" else channel.id
    hub.emit(
        name,
        {
            "type": name,
            "channel": shown,
            "user": user.id,
            "channel_type": channel_type(channel),
            "event_ts": hub.workspace.next_ts(),
        },
    )
