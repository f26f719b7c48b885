"""A help desk for tests: the real bot in a local Slack, with a small FAQ."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from bot.service import Service
from bot.settings import BotSettings
from bot.timing import Timing
from bot.transports.http import EVENTS_PATH
from index.settings import IndexSettings
from index.store import Store
from index.store.types import PairDraft, Question, QuestionState, Verdict
from playground.client import Channel, Message, Person, Playground
from tests.support.waiting import TIMEOUT_S, until

Mode = Literal["socket", "http"]

# As the value of a header: leave it out.
ABSENT = "absent"

# A distinct topic each, so that a reworded question has one clear answer.
FAQ = {
    "password": ("How do I reset my password?", "Open id.example.com and choose *Forgot*."),
    "vpn": ("How do I connect to the VPN?", "Start Tunnel and pick the nearest gateway."),
    "printer": ("How do I add the office printer?", "Print to queue FLOOR-2 from settings."),
    "holiday": ("How many days of holiday do I have?", "28 days a year; see the HR portal."),
    "expenses": ("Where do I hand in travel expenses?", "Upload receipts to the expense tool."),
    "parking": ("Where can I park my car?", "Garage B, levels 1 and 2, with your badge."),
    "wifi": ("What is the guest wifi password?", "It is printed at the reception desk."),
    "laptop": ("How do I order a new laptop?", "Open a hardware ticket; it takes a week."),
    "payslip": ("Where do I find my payslip?", "On the 25th in the payroll portal."),
    "canteen": ("When is the canteen open?", "From 11:30 to 14:00, Monday to Friday."),
    "badge": ("I lost my badge, what now?", "Tell security at once; phone 4711."),
    "backup": ("How do I restore a deleted file?", "Right-click the folder, Previous versions."),
}
# Each reworded, as somebody would ask.
ASKED = {
    "password": "how can I reset my password please?",
    "vpn": "how do I connect to our VPN?",
    "printer": "how can I add the printer in the office?",
    "holiday": "how many holiday days do I have?",
    "expenses": "where can I hand in my travel expenses?",
    "parking": "where can I park the car?",
    "wifi": "what's the password of the guest wifi?",
    "laptop": "how can I order a new laptop?",
    "payslip": "where can I find my payslip?",
    "canteen": "when is the canteen open today?",
    "badge": "I lost my badge, what do I do now?",
    "backup": "how can I restore a file I deleted?",
}
# For one channel only, where a test says so.
SECRET = "The bonus round is decided on 14 March."
ASKED_SECRET = "when is the bonus round decided?"
UNANSWERABLE = "how do I train a giraffe to play chess on the moon?"


def draft(name: str, question: str, answer: str, **more: Any) -> PairDraft:
    return PairDraft("test", name, question, answer, **more)


def drafts() -> list[PairDraft]:
    return [draft(name, question, answer) for name, (question, answer) in FAQ.items()]


def answer_to(name: str) -> str:
    return FAQ[name][1]


def first_section(message: Message) -> str:
    """What a card says first."""
    return str(message.blocks[0]["text"]["text"])


def answers(message: Message, name: str) -> bool:
    """Whether a card is the answer of that entry, word for word."""
    return first_section(message) == answer_to(name)


def told(person: Person, channel: Channel, text: str) -> str:
    """What only the person sees after typing a command."""
    before = {message.ts for message in person.sees(channel)}
    delivery = person.command(channel, "/faq", text)
    assert delivery.acked
    assert delivery.response is None or not delivery.response.get("text"), "acknowledged at once"

    def answer() -> list[Message]:
        shown = person.sees(channel)
        return [m for m in shown if m.ts not in before and m.ephemeral_to == person.id]

    (message,) = person.slack.wait_until(answer, what=f"an answer to /faq {text}")
    return message.all_text


def sign(secret: str, body: str, timestamp: str) -> str:
    """Slack's signature of a request."""
    made = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    assert made is not None
    return made


def leftovers(before: set[threading.Thread]) -> list[threading.Thread]:
    """The threads that have come since, other than those of the playground's own server."""
    return [t for t in threading.enumerate() if t not in before and "playground" not in t.name]


@dataclass
class Desk:
    """A running bot in a workspace of its own.

    `watched` is a channel where every question counts; `ann` is somebody to ask.
    """

    slack: Playground
    mode: Mode
    data_dir: Path
    watched: Channel
    ann: Person
    settings: dict[str, Any] = field(default_factory=dict)
    timing: Timing = field(default_factory=Timing)
    service: Service | None = None

    @classmethod
    def create(cls, slack: Playground, mode: Mode, data_dir: Path) -> "Desk":
        return cls(
            slack, mode, data_dir, slack.create_channel("helpdesk"), slack.create_user("ann")
        )

    # -- the bot ---------------------------------------------------------------------

    @property
    def index_settings(self) -> IndexSettings:
        return IndexSettings(data_dir=self.data_dir)

    @property
    def bot_settings(self) -> BotSettings:
        values: dict[str, Any] = {
            "slack_bot_token": SecretStr(self.slack.bot_token),
            "slack_app_token": SecretStr(self.slack.app_token),
            "slack_signing_secret": SecretStr(self.slack.signing_secret),
            "slack_api_url": self.slack.api_url,
            "mode": self.mode,
            "http_port": 0,
            "watched_channels": (self.watched.id,),
            # A test that runs at night would else find a job that it has not asked for.
            "retrain_schedule": "off",
            "check_schedule": "off",
            "purge_schedule": "off",
            **self.settings,
        }
        return BotSettings(**values)

    def create_service(self) -> Service:
        """A bot that is not running yet."""
        return Service(self.index_settings, self.bot_settings, timing=self.timing)

    def start(self) -> "Desk":
        """Start the bot, and wait until Slack reaches it."""
        self.service = self.create_service()
        self.service.start()
        if self.mode == "http":
            self.slack.deliver_by_http(self.http_url(EVENTS_PATH))
        else:
            self.slack.wait_until_connected()
        return self

    def stop(self) -> None:
        if self.service is not None:
            service, self.service = self.service, None
            service.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def store(self) -> Store:
        """The store of the running bot."""
        assert self.service is not None
        return self.service.store

    def http_url(self, path: str) -> str:
        assert self.service is not None
        port = self.service.transport.port  # type: ignore[attr-defined]
        return f"http://127.0.0.1:{port}{path}"

    def deliver(self, body: str, **headers: str) -> httpx.Response:
        """Send the bot a request over HTTP, signed as Slack does it."""
        now = str(int(time.time()))
        signed = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": sign(self.slack.signing_secret, body, now),
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in (signed | given).items() if value != ABSENT}
        url = self.http_url(EVENTS_PATH)
        return httpx.post(url, content=body, headers=kept, trust_env=False, timeout=TIMEOUT_S)

    # -- Slack -----------------------------------------------------------------------

    @property
    def api(self) -> WebClient:
        """The Web API with the bot's token, such as another process of the app would use it."""
        return WebClient(self.slack.bot_token, base_url=self.slack.api_url, retry_handlers=[])

    def mention(self, channel: Channel, text: str, **more: Any) -> str:
        return self.ann.mention(channel, text, **more)

    def reply(self, channel: Channel, ts: str, timeout: float = TIMEOUT_S) -> Message:
        """The bot's one reply in a thread, once it is there and everything is quiet."""
        self.slack.wait_for_replies(channel, ts, timeout=timeout)
        self.settle()
        (message,) = self.slack.replies(channel, ts)
        return message

    def settle(self) -> None:
        """Wait until Slack has delivered everything and the inbox has nothing open.

        A question is stored before its event is acknowledged: what has no answer now will get
        none.
        """
        self.slack.wait_until_idle(TIMEOUT_S)
        until(lambda: not self.open_questions(), "the inbox has nothing open")

    def open_questions(self) -> int:
        count = self.store.inbox.count()
        return count[QuestionState.RECEIVED] + count[QuestionState.ANSWERING]

    def bot_posts(self, channel: Channel) -> list[Message]:
        """Everything the bot says in a channel and its threads."""
        messages = self.slack.messages(channel, everything=True)
        return [message for message in messages if message.bot_id]

    def find_question(self, ts: str) -> Question | None:
        """The stored question that was asked at `ts`, if there is one now."""
        for state in QuestionState:
            for question in self.store.inbox.latest(state, 100):
                if question.ts == ts:
                    return question
        return None

    def question(self, ts: str) -> Question:
        """The stored question that was asked at `ts`, once it has come in."""
        question = until(lambda: self.find_question(ts), f"question {ts} has come in")
        assert question is not None
        return question

    def tally(self, ts: str) -> tuple[int, int]:
        """How many people said "Solved" and "Not it" of the answer to a question."""
        tally = self.store.feedback.tally(self.question(ts).id)
        return tally[Verdict.SOLVED], tally[Verdict.NOT_IT]
