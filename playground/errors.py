"""The errors of the playground: what Slack answers to an app, what the control API answers."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """A Web API call refused as Slack refuses it: ``{"ok": false, "error": code, **extra}``."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


class RateLimited(SlackError):
    """HTTP 429 with a Retry-After header, in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


class ControlError(Exception):
    """A control request that makes no sense; the message says what to do."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
