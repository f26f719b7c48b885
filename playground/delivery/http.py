"""Signed HTTP delivery to the app's request URL."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from playground.delivery.dispatcher import Ack, Attempt, Delivery, NotDelivered
from playground.workspace.models import SIGNING_SECRET, VERIFICATION_TOKEN

Json = dict[str, Any]
USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"


def signature_headers(body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """Slack's two signature headers: HMAC-SHA256 over ``v0:timestamp:body``."""
    base = b"v0:%d:" % timestamp + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": str(timestamp),
        "X-Slack-Signature": f"v0={digest}",
    }


def encode(delivery: Delivery) -> tuple[bytes, str]:
    """A delivery's body and content type: JSON for events, a form for the rest."""
    if delivery.kind == "events_api":
        return json.dumps(delivery.payload).encode(), "application/json"
    form = (
        delivery.payload
        if delivery.kind == "slash_commands"
        else {"payload": json.dumps(delivery.payload)}
    )
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


class HttpDelivery:
    """Posts payloads to one request URL; a transport for the dispatcher."""

    def __init__(self) -> None:
        self.url = ""
        self.signing_secret = SIGNING_SECRET
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, delivery: Delivery, attempt: Attempt, timeout: float) -> Ack:
        """Posts one attempt; any 2xx answer acknowledges it."""
        body, content_type = encode(delivery)
        headers = {"Content-Type": content_type}
        if attempt.number:
            headers |= {
                "X-Slack-Retry-Num": str(attempt.number),
                "X-Slack-Retry-Reason": attempt.reason,
            }
        attempt.connection = self.url
        status, answer_headers, text = await self._post(body, headers, timeout)
        if not 200 <= status < 300:
            retry = answer_headers.get("X-Slack-No-Retry") != "1"
            raise NotDelivered("http_error", f"HTTP {status}", retry=retry)
        return Ack(_answer(text, answer_headers.get("Content-Type", "")))

    async def verify(self, timeout: float) -> str | None:
        """Does the ``url_verification`` handshake; what is wrong, or None."""
        challenge = secrets.token_urlsafe(24)
        message = {
            "token": VERIFICATION_TOKEN,
            "challenge": challenge,
            "type": "url_verification",
        }
        body = json.dumps(message).encode()
        try:
            status, _, text = await self._post(body, {"Content-Type": "application/json"}, timeout)
        except NotDelivered as error:
            return f"the request URL could not be reached ({error})"
        if status != 200:
            return f"the request URL answered HTTP {status} to the challenge"
        if text.strip() != challenge and f'"{challenge}"' not in text:
            return "the request URL did not answer with the value of the challenge"
        return None

    async def _post(
        self, body: bytes, headers: dict[str, str], timeout: float
    ) -> tuple[int, Any, str]:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        headers = headers | signature_headers(body, self.signing_secret, int(time.time()))
        headers |= {"User-Agent": USER_AGENT, "Accept": "*/*"}
        try:
            async with self._session.post(
                self.url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                return response.status, response.headers, await response.text()
        except TimeoutError:
            raise NotDelivered("http_timeout", f"no answer within {timeout:g} s") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise NotDelivered("connection_failed", type(error).__name__) from None

    async def close(self) -> None:
        """Closes the client's connections."""
        if self._session is not None:
            await self._session.close()


def _answer(text: str, content_type: str) -> Json | None:
    """An answer's body as a Socket Mode acknowledgement would carry it."""
    if not text.strip():
        return None
    if content_type.startswith("application/json"):
        try:
            value = json.loads(text)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None
    return {"text": text}
