"""What is logged: what happened, never what somebody wrote, nor a secret."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_bolt import App

from bot import logs
from index.errors import StoreError
from index.searcher import Searcher
from index.store import Store
from index.store.types import QuestionState
from playground.client import Playground
from tests.bot.desk import Desk, draft
from tests.support.logs import logging_as_it_was
from tests.support.waiting import until

QUESTION = "how do I feed the zebrafinch in the lobby?"
ANSWER = "With quokkamarmalade, twice a day."
ODD = "why does the wombatophone hum at night?"
WORDS = ("zebrafinch", "quokkamarmalade", "wombatophone", "Tunnel")


class Everything(logging.Handler):
    """Keeps every record, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + repr(record.args) + repr(record.__dict__))


@pytest.fixture(params=["debug", "info"])
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    """A level to log at; afterwards logging is as it was."""
    with logging_as_it_was():
        yield request.param


def secrets(slack: Playground) -> tuple[str, ...]:
    return (slack.bot_token, slack.app_token, slack.signing_secret)


def test_no_text_and_no_secret_is_logged(
    either_desk: Desk,
    level: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = either_desk
    log_format = {"debug": "console", "info": "json"}[level]
    desk.settings |= {"log_level": level, "log_format": log_format, "picks_needed": 1}
    desk.slack.set_patience(ack_timeout=1, retry_delays=[0.1, 0.5, 1])
    logs.configure(desk.bot_settings)
    everything = Everything()
    logging.getLogger().addHandler(everything)
    store = Store(desk.index_settings.store_url)
    store.pairs.upsert([draft("finch", "How do I feed the zebrafinch?", ANSWER)])
    store.close()

    desk.start()
    answered = desk.mention(desk.watched, QUESTION)
    reply = desk.reply(desk.watched, answered)
    desk.ann.click(desk.watched, reply, "faq_not_it")
    desk.slack.wait_for_message(desk.watched, reply, lambda m: "Not it for" in m.all_text)
    with monkeypatch.context() as patch:
        patch.setattr(Searcher, "threshold", lambda self, precision: None)
        offer = desk.reply(desk.watched, desk.mention(desk.watched, QUESTION))
        desk.ann.click(desk.watched, offer, "faq_pick")
        desk.slack.wait_for_message(desk.watched, offer, lambda m: "Picked by" in m.all_text)
    desk.slack.fail("chat.update", error="cant_update_message")
    desk.ann.click(desk.watched, reply, "faq_solved")
    unsure = desk.mention(desk.watched, ODD)
    desk.reply(desk.watched, unsure)
    # A failed post, after one that Slack answered with a page.
    desk.slack.fail("chat.postMessage", status=503)
    desk.slack.fail("conversations.replies", error="missing_scope")
    failed = desk.ann.post(desk.watched, QUESTION)
    until(lambda: desk.question(failed).state is QuestionState.FAILED, "the post failed")
    # Something that no listener takes, an error in one, and one in the store.
    desk.ann.command(desk.watched, "/faq", ODD)
    with monkeypatch.context() as patch:

        def no_room(_question: object) -> bool:
            raise StoreError("the disk is full")

        patch.setattr(desk.store.inbox, "add", no_room)
        desk.ann.post(desk.watched, QUESTION)
        until(lambda: any("listener_failed" in line for line in everything.lines), "a log line")
    desk.settle()
    if desk.mode == "socket":
        desk.slack.drop_sockets()
        desk.slack.wait_until_connected()
        desk.reply(desk.watched, desk.ann.post(desk.watched, f"again: {QUESTION}"))
    else:
        assert (
            desk.deliver(f'{{"text": "{QUESTION}"}}', X_Slack_Signature="v0=0").status_code == 401
        )
    desk.stop()

    out, err = capfd.readouterr()
    logged = "\n".join(everything.lines)
    # Enough to follow each question ...
    for event in ("question_finished", "question_failed", "phrasing_added", "card_not_updated"):
        assert event in logged
        assert event in err
    # ... and nothing that is nobody's business.
    for text in (logged, out, err):
        for word in WORDS:
            assert word not in text, text[max(0, text.find(word) - 300) : text.find(word) + 50]
        for secret in secrets(desk.slack):
            assert secret not in text


def test_a_traceback_shows_no_local_variables(
    level: str, desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(text: str) -> None:
        raise ValueError(len(text))

    for log_format in ("console", "json"):
        desk.settings |= {"log_format": log_format, "log_level": level}
        logs.configure(desk.bot_settings)
        try:
            fail("zebrafinch")
        except ValueError:
            logging.getLogger("slack_sdk").exception("it failed")
        err = capfd.readouterr().err
        assert "it failed" in err
        assert "ValueError" in err
        assert "zebrafinch" not in err.replace('fail("zebrafinch")', "")


def logged_error(desk: Desk, capfd: pytest.CaptureFixture[str], error: Exception) -> str:
    """The line about an error, as `log.exception` writes it."""
    logs.configure(desk.bot_settings)
    try:
        try:
            raise error
        except Exception as first:
            raise KeyError("zebrafinch") from first
    except KeyError:
        logging.getLogger("waitress").exception("Exception while serving %s", "/slack/events")
    return capfd.readouterr().err


def test_a_traceback_in_json_is_one(
    level: str, desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    desk.settings |= {"log_format": "json", "log_level": level}
    line = json.loads(logged_error(desk, capfd, StoreError("the disk is full")))
    assert line["event"] == "Exception while serving /slack/events"
    assert "exc_info" not in line
    told = line["exception"].splitlines()
    assert told[0] == "Traceback (most recent call last):"
    assert "in logged_error" in told[1]
    assert "StoreError: the disk is full" in told
    assert told[-1] == "KeyError"


def test_no_error_brings_a_body_into_the_log(
    level: str, desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    body = b'{"text": "how do I feed the zebrafinch?"}' + b"x" * (1 << 20) + b"\xff"
    decoding = UnicodeDecodeError("utf-8", body, 0, 1, "zebrafinch")
    nested = ExceptionGroup("zebrafinch", [ValueError("zebrafinch"), decoding])
    decoding.add_note("zebrafinch")
    for log_format in ("console", "json"):
        desk.settings |= {"log_format": log_format, "log_level": level}
        for error in (decoding, nested):
            line = logged_error(desk, capfd, error)
            assert "Traceback (most recent call last)" in line
            assert "UnicodeDecodeError" in line
            assert "zebrafinch" not in line
            assert len(line) < 5_000


def test_a_value_that_quotes_much_is_cut(
    level: str, desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    for log_format in ("console", "json"):
        desk.settings |= {"log_format": log_format, "log_level": level}
        logs.configure(desk.bot_settings)
        logging.getLogger("some_library").error("refused: %s", "x" * 100_000)
        line = capfd.readouterr().err
        assert "(100,009 characters)" in line
        assert len(line) < 1_000


def test_bolt_logs_at_the_level_of_the_settings_not_below(
    level: str, desk: Desk, tmp_path: Path
) -> None:
    desk.settings |= {"log_level": level}
    logs.configure(desk.bot_settings)
    desk.start()
    assert desk.service is not None
    app: App = desk.service.transport._handler.app  # type: ignore[attr-defined]
    assert app.logger.level >= logging.WARNING
