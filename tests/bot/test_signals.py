"""The bot as a process of its own: told to stop, and started a second time."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from index.store import Store
from index.store.types import QuestionState
from tests.bot.desk import ASKED, Desk, answers
from tests.support.waiting import until

COMMAND = [sys.executable, "-c", "from bot.cli import main; main()", "serve"]

Serve = Callable[[], "subprocess.Popen[str]"]

pytestmark = pytest.mark.slow


@pytest.fixture
def serve(desk: Desk) -> Iterator[Serve]:
    """Starts `faqbot serve` for the desk; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []
    environment = os.environ | {
        "FAQBOT_INDEX_DATA_DIR": str(desk.data_dir),
        "FAQBOT_BOT_WATCHED_CHANNELS": desk.watched.id,
        "FAQBOT_BOT_WORKERS": "1",
        "SLACK_API_URL": desk.slack.api_url,
        "SLACK_BOT_TOKEN": desk.slack.bot_token,
        "SLACK_APP_TOKEN": desk.slack.app_token,
    }

    def start() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            COMMAND,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_told_to_stop_it_ends_cleanly_and_keeps_the_rest(desk: Desk, serve: Serve) -> None:
    desk.slack.set_patience(retry_delays=[0.1, 1, 10])
    process = serve()
    desk.slack.wait_until_connected(timeout=60)

    # Another one may not use the same index meanwhile, and says who does.
    second = serve()
    _, error = second.communicate(timeout=60)
    assert second.returncode == 1
    (line,) = [line for line in error.splitlines() if line.startswith("faqbot: ")]
    assert "is in use by" in line
    assert f"(pid {process.pid})" in line
    assert "Traceback" not in error

    desk.slack.slow("chat.postMessage", 1.0, times=100)
    asked = {name: desk.mention(desk.watched, text) for name, text in ASKED.items()}
    desk.slack.wait_until(lambda: desk.slack.calls("chat.postMessage"), what="the first post")
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 0, error
    assert "Traceback" not in error
    store = Store(desk.index_settings.store_url)
    count = store.inbox.count()
    store.close()
    assert count[QuestionState.ANSWERING] == 0
    assert len(desk.bot_posts(desk.watched)) == count[QuestionState.ANSWERED] < len(ASKED)

    desk.slack.recover()
    desk.start()
    for name, ts in asked.items():
        assert answers(desk.reply(desk.watched, ts), name)


def test_ctrl_c_while_it_starts_ends_it_too(desk: Desk, serve: Serve) -> None:
    process = serve()
    until(lambda: desk.slack.calls("auth.test"), "it has begun to start", 60)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert "Traceback" not in error
