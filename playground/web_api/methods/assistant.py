"""assistant.threads.*: what the assistant container shows beside a thread."""

from __future__ import annotations

from typing import Any

from playground.errors import SlackError
from playground.hub import Hub
from playground.web_api.arguments import Arguments
from playground.web_api.methods.registry import joined_channel, method
from playground.workspace.models import AssistantThread

Json = dict[str, Any]
MAX_PROMPTS = 4


def _thread(hub: Hub, arguments: Arguments) -> AssistantThread:
    channel = joined_channel(hub, Arguments({"channel": arguments.text("channel_id")}))
    thread_ts = arguments.text("thread_ts") or ""
    if thread_ts not in channel.messages:
        raise SlackError("thread_not_found")
    return hub.workspace.assistant_threads.setdefault((channel.id, thread_ts), AssistantThread())


@method("assistant.threads.setStatus", scopes=("assistant:write", "chat:write"))
def set_status(hub: Hub, arguments: Arguments) -> Json:
    """Shows what the app is doing; the empty text takes it away."""
    _thread(hub, arguments).status = arguments.text("status") or ""
    hub.changed()
    return {}


@method("assistant.threads.setTitle", scopes=("assistant:write",))
def set_title(hub: Hub, arguments: Arguments) -> Json:
    """Names a thread."""
    _thread(hub, arguments).title = arguments.required("title")
    hub.changed()
    return {}


@method("assistant.threads.setSuggestedPrompts", scopes=("assistant:write",))
def set_prompts(hub: Hub, arguments: Arguments) -> Json:
    """Offers what to ask, at most four prompts."""
    prompts = arguments.decoded("prompts", "invalid_arguments")
    if not isinstance(prompts, list) or not prompts or len(prompts) > MAX_PROMPTS:
        raise SlackError("invalid_arguments")
    for prompt in prompts:
        if not isinstance(prompt, dict) or not prompt.get("title") or not prompt.get("message"):
            raise SlackError("invalid_arguments")
    _thread(hub, arguments).prompts = prompts
    hub.changed()
    return {}
