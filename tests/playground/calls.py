"""What tests of the playground's calls share."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

Json = dict[str, Any]


def error_of(call: Any, *args: Any, **kwargs: Any) -> str:
    """The error Slack answers to a call."""
    with pytest.raises(SlackApiError) as caught:
        call(*args, **kwargs)
    return str(caught.value.response["error"])


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def modal(callback_id: str = "m", **more: Any) -> Json:
    """A modal without blocks."""
    return {"type": "modal", "title": plain("T"), "callback_id": callback_id, "blocks": []} | more


def trigger_of(app: Any) -> str:
    """The trigger id of the next interaction."""
    return str(app.next()["payload"]["trigger_id"])
