"""Calling Slack: clients with the right retries, and what a failed call means."""

import math
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    ServerErrorRetryHandler,
)

from index.processes import Age

# Two of them, a lookup and a post, stay below the inbox's lease, one below its settling time.
TIMEOUT_S = 20
DEFAULT_RETRY_AFTER_S = 5.0
MAX_RETRY_AFTER_S = 3600.0

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

# Slack does not take the card, but may take the same in plain text.
_CARD_REFUSED = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "block_mismatch",
        "msg_blocks_too_long",
        "msg_too_long",
        "too_many_blocks",
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


class ThreadUnreadable(SlackRefused):
    """Slack does not let a thread be read: whether something stands in it is not known."""


class CardRefused(SlackRefused):
    """Slack does not take the blocks of a message; nothing was posted or changed."""


def client(token: str, api_url: str, timeout_s: int = TIMEOUT_S) -> WebClient:
    """A client for calls that do no harm when repeated: lookups and updates.

    It does not sit out rate limits, which may last minutes: a stop would have to wait for it.
    """
    handlers = [
        ConnectionErrorRetryHandler(max_retry_count=1),
        ServerErrorRetryHandler(max_retry_count=2),
    ]
    return WebClient(token=token, base_url=api_url, timeout=timeout_s, retry_handlers=handlers)


class TooLate(Exception):
    """A call was not made: so much time had passed that it could have done harm."""


class PostingClient(WebClient):
    """A client that never repeats a call by itself: a repeated post may be a second answer."""

    def __init__(self, token: str, api_url: str, timeout_s: int = TIMEOUT_S) -> None:
        super().__init__(token=token, base_url=api_url, timeout=timeout_s, retry_handlers=[])
        self._limits = threading.local()

    @contextmanager
    def within(self, age: Age, seconds: float) -> Iterator[None]:
        """Let this thread make calls only while something is not older than so many seconds.

        Later calls raise `TooLate`, and nothing has been sent.
        """
        self._limits.now = (age, seconds)
        try:
            yield
        finally:
            self._limits.now = None

    def _perform_urllib_http_request(self, *, url: str, args: dict[str, Any]) -> dict[str, Any]:
        # The last step that can be stopped: a process may be frozen at any earlier one.
        if limit := getattr(self._limits, "now", None):
            age, seconds = limit
            if age.seconds > seconds:
                raise TooLate
        return super()._perform_urllib_http_request(url=url, args=args)


def posting_client(token: str, api_url: str, timeout_s: int = TIMEOUT_S) -> PostingClient:
    """A client for posting answers."""
    return PostingClient(token, api_url, timeout_s)


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
        return CardRefused(code) if code in _CARD_REFUSED else SlackRefused(code)
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
