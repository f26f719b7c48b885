"""Signed HTTP delivery, to a real Bolt app behind a real socket."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient

from playground.client import Channel, Person, Playground, PlaygroundError

Json = dict[str, Any]


class Endpoint:
    """A request URL: passes requests to a Bolt app, or answers as a test wants."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.requests: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.extra_headers: dict[str, str] = {}
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                endpoint.requests.append(headers | {"body": body})
                status, text, content_type = endpoint.answer(body, headers)
                self.send_response(status)
                for name, value in endpoint.extra_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(text.encode())))
                # Slack hangs up when its patience is at an end.
                with contextlib.suppress(ConnectionError):
                    self.end_headers()
                    self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/slack/events"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def answer(self, body: str, headers: dict[str, str]) -> tuple[int, str, str]:
        if self.statuses:
            return self.statuses.pop(0), "", "text/plain"
        response = self.app.dispatch(BoltRequest(body=body, headers=headers))
        content_type = response.headers.get("content-type", ["text/plain"])[0]
        return response.status, response.body or "", content_type

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def endpoint(slack: Playground) -> Iterator[Endpoint]:
    app = App(
        client=WebClient(token=slack.bot_token, base_url=slack.api_url),
        signing_secret=slack.signing_secret,
    )
    endpoint = Endpoint(app)
    yield endpoint
    endpoint.close()


def test_the_request_url_is_verified_first(slack: Playground, endpoint: Endpoint) -> None:
    slack.deliver_by_http(endpoint.url)
    assert "url_verification" in endpoint.requests[0]["body"]
    endpoint.statuses = [500]
    with pytest.raises(PlaygroundError, match="answered HTTP 500 to the challenge"):
        slack.deliver_by_http(endpoint.url)
    with pytest.raises(PlaygroundError, match="could not be reached"):
        slack.deliver_by_http("http://127.0.0.1:9/")


def test_delivery_goes_back_to_websockets(
    slack: Playground, endpoint: Endpoint, connect: Callable[[], Any], channel: Channel, ann: Person
) -> None:
    slack.deliver_by_http(endpoint.url)
    slack.deliver_by_socket()
    app = connect()
    ann.post(channel, "hello")
    assert app.next_event("message")["text"] == "hello"
    assert len(endpoint.requests) == 1


def test_bolt_takes_signed_events_commands_and_clicks(
    slack: Playground, endpoint: Endpoint, channel: Channel, ann: Person
) -> None:
    @endpoint.app.event("app_mention")
    def answer(event: Json, say: Any) -> None:
        button = {"type": "button", "text": {"type": "plain_text", "text": "ok"}, "action_id": "a"}
        blocks = [{"type": "actions", "elements": [button]}]
        say(text="answer", blocks=blocks, thread_ts=event["ts"])

    @endpoint.app.event("message")
    def ignore() -> None:
        pass

    @endpoint.app.command("/faq")
    def faq(ack: Any, command: Json) -> None:
        ack(f"you said {command['text']}")

    @endpoint.app.action("a")
    def act(ack: Any, respond: Any) -> None:
        ack()
        respond("clicked")

    slack.deliver_by_http(endpoint.url)
    ts = ann.mention(channel, "hi")
    (reply,) = slack.wait_for_replies(channel, ts)
    assert ann.command(channel, "/faq", "ä & b").response == {"text": "you said ä & b"}
    assert ann.click(channel, reply, "a").acked
    texts = [m.text for m in ann.wait_for_ephemeral(channel, count=2)]
    assert texts == ["you said ä & b", "clicked"]
    slack.wait_until_idle()
    assert all(d.acked for d in slack.deliveries())


def test_a_wrong_signature_is_refused_by_bolt(
    slack: Playground, endpoint: Endpoint, channel: Channel, ann: Person
) -> None:
    slack.set_patience(retry_delays=[])
    slack.deliver_by_http(endpoint.url)
    endpoint.app = App(
        client=WebClient(token=slack.bot_token, base_url=slack.api_url),
        signing_secret="another",
    )
    ann.post(channel, "hello")
    slack.wait_until_idle()
    (delivery,) = slack.deliveries()
    assert (delivery.state, delivery.attempts[0].error) == ("failed", "HTTP 401")


def test_refused_events_come_again_with_retry_headers(
    slack: Playground, endpoint: Endpoint, channel: Channel, ann: Person
) -> None:
    endpoint.app.event("message")(lambda: None)
    slack.set_patience(retry_delays=[0.01, 0.01, 0.01])
    slack.deliver_by_http(endpoint.url, verify=False)
    endpoint.statuses = [503, 500]
    ann.post(channel, "hello")
    slack.wait_until_idle()
    retries = [
        (r.get("x-slack-retry-num"), r.get("x-slack-retry-reason")) for r in endpoint.requests
    ]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert slack.deliveries()[0].acked


def test_an_app_can_ask_for_no_retry(
    slack: Playground, endpoint: Endpoint, channel: Channel, ann: Person
) -> None:
    slack.set_patience(retry_delays=[0.01])
    slack.deliver_by_http(endpoint.url, verify=False)
    endpoint.statuses = [500]
    endpoint.extra_headers = {"X-Slack-No-Retry": "1"}
    ann.post(channel, "hello")
    slack.wait_until_idle()
    assert len(slack.deliveries()[0].attempts) == 1


def test_a_slow_answer_times_out(
    slack: Playground, endpoint: Endpoint, channel: Channel, ann: Person
) -> None:
    slack.set_patience(ack_timeout=0.1, retry_delays=[0.01])
    free = threading.Event()
    original: Callable[..., Any] = endpoint.answer

    def slow(body: str, headers: dict[str, str]) -> tuple[int, str, str]:
        free.wait(5)
        return original(body, headers)  # type: ignore[no-any-return]

    endpoint.answer = slow  # type: ignore[method-assign]
    slack.deliver_by_http(endpoint.url, verify=False)
    ann.post(channel, "hello")
    slack.wait_until_idle()
    (delivery,) = slack.deliveries()
    assert delivery.state == "failed"
    assert delivery.attempts[1].reason == "http_timeout"
    free.set()
