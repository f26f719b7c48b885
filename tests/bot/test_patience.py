"""A start that comes before its database or Slack: it waits, says so once, and goes on."""

import threading
from pathlib import Path

import pytest
from slack_sdk import WebClient

from bot import patience, service
from bot.patience import patiently
from bot.slack.lookup import authenticate
from index.errors import FaqbotError, StoreUnreachable, Unreachable
from index.store import Store
from tests.bot.desk import ASKED, Desk, answers
from tests.support.logs import captured


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.01)


def failing(times: int, reason: str = "it does not answer") -> list[Unreachable]:
    return [Unreachable(reason) for _ in range(times)]


def test_it_waits_until_it_can_start_and_says_so_once() -> None:
    errors = failing(3)

    def make() -> str:
        if errors:
            raise errors.pop()
        return "made"

    with captured() as logs:
        assert patiently(make, 30, threading.Event()) == "made"
    (line,) = logs
    assert (line["event"], line["reason"]) == ("waiting_to_start", "it does not answer")


def test_patience_ends() -> None:
    def make() -> str:
        raise Unreachable("it does not answer")

    with captured(), pytest.raises(Unreachable, match="it does not answer"):
        patiently(make, 0.05, threading.Event())


def test_what_waiting_does_not_mend_is_said_at_once() -> None:
    def make() -> str:
        raise FaqbotError("the token is wrong")

    with captured() as logs, pytest.raises(FaqbotError, match="the token is wrong"):
        patiently(make, 30, threading.Event())
    assert logs == []


def test_a_stop_ends_the_waiting() -> None:
    stop = threading.Event()

    def make() -> str:
        stop.set()
        raise Unreachable("it does not answer")

    with captured():
        assert patiently(make, 30, stop) is None


def test_a_database_server_and_a_slack_that_are_not_there_are_waited_for() -> None:
    pytest.importorskip("psycopg", reason="PostgreSQL: psycopg is not installed")
    with pytest.raises(StoreUnreachable, match="cannot be used"):
        Store.open("postgresql+psycopg://faqbot@127.0.0.1:1/faqbot")
    with pytest.raises(Unreachable, match="cannot be reached"):
        authenticate(WebClient("xoxb-1", base_url="http://127.0.0.1:1/", retry_handlers=[]))


def test_a_file_that_is_no_database_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "faqbot.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(FaqbotError) as error:
        Store.open(f"sqlite:///{path}")
    assert not isinstance(error.value, Unreachable)


def test_the_bot_starts_when_slack_is_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the process does it, from the first call of Slack to the first answer."""
    stop = threading.Event()
    monkeypatch.setattr(service.processes, "stop_on_signal", lambda: stop)
    desk.slack.fail("auth.test", status=503, times=20)
    ready = threading.Event()
    serving = threading.Thread(
        target=service.serve,
        args=(desk.index_settings, desk.bot_settings),
        kwargs={"ready": ready.set},
    )
    serving.start()
    desk.slack.wait_for_calls("auth.test", timeout=30)
    desk.slack.recover()
    assert ready.wait(60)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    desk.slack.wait_for_replies(desk.watched, ts, timeout=30)
    (reply,) = desk.slack.replies(desk.watched, ts)
    assert answers(reply, "vpn")
    stop.set()
    serving.join(60)
    assert not serving.is_alive()
