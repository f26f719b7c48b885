"""Talking to Slack: clients with the right retries, posting replies, reading threads."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    ServerErrorRetryHandler,
)

from bot.cards.answers import Message
from index.store.types import Outcome, Question

METADATA_EVENT = "faqbot_answer"
# Two of them, a lookup and a post, stay below the inbox's lease, one below its settling time.
TIMEOUT_S = 20
DEFAULT_RETRY_AFTER_S = 5.0
MAX_RETRY_AFTER_S = 3600.0
# Of the matched wording in a reply's metadata, which Slack limits as a whole.
MAX_MATCHED_TEXT = 300

# Slack's own failures, which pass; every other error code is an answer and will not change.
_RATE_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_PASSING = frozenset(
    {
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "org_login_required",
    }
)

_ERROR_CODE = re.compile(r"[a-z0-9_]+")


class SlackUnavailable(Exception):
    """Slack did not do what it was asked, but may do so later; it may have done it, too.

    Attributes:
        retry_after: Seconds that Slack asks to wait, where it is a rate limit.
        answered: Whether Slack answered at all; where not, the call may still be carried out.
    """

    def __init__(
        self, reason: str, retry_after: float | None = None, *, answered: bool = True
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.answered = answered


class SlackRefused(Exception):
    """Slack said no; its error code is the message."""


def client(token: str, api_url: str) -> WebClient:
    """A client for calls that do no harm when repeated: lookups and updates.

    It does not sit out rate limits, which may last minutes: a stop would have to wait for it.
    """
    handlers = [
        ConnectionErrorRetryHandler(max_retry_count=1),
        ServerErrorRetryHandler(max_retry_count=2),
    ]
    return WebClient(token=token, base_url=api_url, timeout=TIMEOUT_S, retry_handlers=handlers)


def posting_client(token: str, api_url: str) -> WebClient:
    """A client that never repeats a call by itself: a repeated post may be a second answer."""
    return WebClient(token=token, base_url=api_url, timeout=TIMEOUT_S, retry_handlers=[])


@dataclass(frozen=True)
class Poster:
    """Posts replies, and finds out whether one is in its thread already.

    Its client repeats nothing by itself (see `posting_client`): what fails is tried again from
    the inbox, and nobody sleeps through a rate limit while holding a question.
    """

    client: WebClient

    def reply(self, question: Question, message: Message, outcome: Outcome) -> str:
        """Post a reply in the question's thread.

        Returns:
            The reply's ts.

        Raises:
            SlackUnavailable: It may have been posted or not.
            SlackRefused: It was not posted.
        """
        payload = {
            "question_id": question.id,
            "pair_id": outcome.pair_id or "",
            "matched_text": (outcome.matched_text or "")[:MAX_MATCHED_TEXT],
            "confidence": round(outcome.confidence or 0.0, 4),
            "model": outcome.model,
            "generation": outcome.generation,
        }
        try:
            response = self.client.chat_postMessage(
                channel=question.channel,
                thread_ts=question.thread_ts or question.ts,
                text=message.text,
                blocks=message.blocks,
                metadata={"event_type": METADATA_EVENT, "event_payload": payload},
                unfurl_links=False,
                unfurl_media=False,
            )
        except Exception as error:
            raise explain(error) from error
        return str(response["ts"])

    def find_reply(self, question: Question) -> str | None:
        """The ts of our reply to a question, where its thread has one.

        Raises:
            SlackUnavailable: The thread cannot be read now.
            SlackRefused: The thread cannot be read.
        """
        cursor = ""
        try:
            while True:
                page = self.client.conversations_replies(
                    channel=question.channel,
                    ts=question.thread_ts or question.ts,
                    oldest=question.ts,
                    include_all_metadata=True,
                    limit=200,
                    cursor=cursor or None,
                )
                for message in page["messages"]:
                    if _is_reply_to(question.id, message):
                        return str(message["ts"])
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    return None
        except Exception as error:
            explained = explain(error)
            if str(explained) == "thread_not_found":
                return None  # the question itself was deleted
            if isinstance(explained, SlackRefused):
                explained = SlackRefused(f"{explained} (looking for an earlier answer)")
            raise explained from error


def is_public(client: WebClient, channel: str) -> bool:
    """Whether everybody in the workspace may read what is written in a channel.

    Raises:
        SlackUnavailable: Slack does not say now.
        SlackRefused: The app may not look it up; private ones need `groups:read`.
    """
    try:
        found = client.conversations_info(channel=channel)["channel"]
    except Exception as error:
        raise explain(error) from error
    # Direct messages say nothing of being private.
    return found.get("is_private") is False and not (
        found.get("is_im") or found.get("is_mpim") or found.get("is_group")
    )


def _is_reply_to(question_id: str, message: Mapping[str, Any]) -> bool:
    """Whether a message is our reply to a question: by its metadata, else by its buttons."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") == METADATA_EVENT and payload.get("question_id") == question_id:
        return True
    # Whoever stands between may drop metadata; every card with buttons names its question.
    return any(
        str(element.get("value") or "").partition(" ")[0] == question_id
        for block in message.get("blocks") or ()
        if block.get("type") == "actions"
        for element in block.get("elements") or ()
    )


def explain(error: Exception) -> SlackUnavailable | SlackRefused:
    """What a failed call means for whoever made it; re-raises what is not Slack's failure."""
    if isinstance(error, SlackApiError):
        response = error.response
        status = int(getattr(response, "status_code", 0) or 0)
        data = getattr(response, "data", response)
        code = str(data.get("error") or "") if isinstance(data, dict) else ""
        if not _ERROR_CODE.fullmatch(code):
            code = ""  # the SDK's words for a reply that is no JSON, with the reply's beginning
        if status == 429 or code in _RATE_LIMITED:
            headers = getattr(response, "headers", {}) or {}
            return SlackUnavailable("ratelimited", _retry_after(headers))
        if status >= 500 or not code or code in _PASSING:
            return SlackUnavailable(code or f"HTTP status {status}")
        return SlackRefused(code)
    if isinstance(error, SlackClientError | OSError | HTTPException):
        return SlackUnavailable(type(error).__name__, answered=False)
    raise error


def _retry_after(headers: dict[str, str]) -> float:
    value = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    value = value[0] if isinstance(value, list) else value
    try:
        seconds = float(value)
    except ValueError:
        return DEFAULT_RETRY_AFTER_S
    if math.isnan(seconds):
        return DEFAULT_RETRY_AFTER_S
    return min(max(0.1, seconds), MAX_RETRY_AFTER_S)
