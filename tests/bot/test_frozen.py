"""A process that stands still between noting a post and making it, while another takes over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cards.kit import section
from bot.slack.client import TooLate, posting_client
from bot.slack.message import Message
from bot.slack.poster import Poster
from index.processes import Age
from index.store import Store
from index.store.types import Outcome, QuestionState
from tests.bot.desk import ASKED, Desk, answers
from tests.support.waiting import until

# The bot, which stops itself once, when it has noted that it is about to post: not while another of
# its threads writes, or nobody could take anything over.
FREEZES_ONCE = """
import os, signal, threading, time
from contextlib import contextmanager
from datetime import timedelta
import slack_sdk
from index.store import database, inbox

write, writing, frozen = database.Database.write, threading.RLock(), []

@contextmanager
def write_alone(self):
    with writing, write(self) as connection:
        yield connection

def freeze_once():
    if not frozen:
        frozen.append(1)
        with writing:
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(0.5)  # the signal stops this thread a moment later

database.Database.write = write_alone
inbox.LEASE = timedelta(seconds={lease})
{patch}
from bot.cli import main
main()
"""
FREEZES = {
    "after the note": """
begin = inbox.Inbox.begin_posting
def note_and_freeze(*arguments):
    held = begin(*arguments)
    freeze_once()
    return held
inbox.Inbox.begin_posting = note_and_freeze
""",
    "in the call": """
post = slack_sdk.WebClient.api_call
def freeze_and_post(self, method, **arguments):
    if method == "chat.postMessage":
        freeze_once()
    return post(self, method, **arguments)
slack_sdk.WebClient.api_call = freeze_and_post
""",
}
# Longer than a post may be begun after its note.
FROZEN_S = 11.0

OUTCOME = Outcome(QuestionState.ANSWERED, None, None, (), None, "base", 1)
MESSAGE = Message("hello", [section("hello")])


@pytest.fixture(params=FREEZES)
def freezing(request: pytest.FixtureRequest, desk: Desk) -> Iterator["subprocess.Popen[str]"]:
    """A bot that freezes at its first answer; what still runs at the end is killed."""
    code = FREEZES_ONCE.format(patch=FREEZES[request.param], lease=FROZEN_S - 2)
    environment = os.environ | {
        "FAQBOT_INDEX_DATA_DIR": str(desk.data_dir),
        "FAQBOT_BOT_WATCHED_CHANNELS": desk.watched.id,
        "FAQBOT_BOT_WORKERS": "1",
        "SLACK_API_URL": desk.slack.api_url,
        "SLACK_BOT_TOKEN": desk.slack.bot_token,
        "SLACK_APP_TOKEN": desk.slack.app_token,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def is_frozen(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0] == "T"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it looks into /proc")
def test_a_process_that_was_frozen_before_its_post_leaves_the_question_to_whoever_took_it_over(
    desk: Desk, freezing: "subprocess.Popen[str]"
) -> None:
    desk.slack.wait_until_connected(timeout=60)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    until(lambda: is_frozen(freezing.pid), "it is about to post", 60)
    store = Store(desk.index_settings.store_url)

    # Another one takes the question over, and answers it as it should.
    question = until(lambda: store.inbox.claim("other"), "the claim has ended", FROZEN_S)
    assert question is not None
    poster = Poster(posting_client(desk.slack.bot_token, desk.slack.api_url))
    assert poster.find_reply(question) is None
    noted = Age()
    assert store.inbox.begin_posting(question.id, "other", OUTCOME)
    reply_ts = poster.reply(question, MESSAGE, OUTCOME, noted=noted)
    assert store.inbox.finish(question.id, QuestionState.ANSWERED, reply_ts, owner="other")
    time.sleep(max(0.0, FROZEN_S - 9))

    freezing.send_signal(signal.SIGCONT)
    other = desk.mention(desk.watched, ASKED["badge"])
    desk.slack.wait_for_replies(desk.watched, other, timeout=60)
    (found,) = desk.slack.replies(desk.watched, ts)
    assert found.ts == reply_ts
    assert answers(desk.slack.replies(desk.watched, other)[0], "badge")
    answered = store.inbox.get(question.id)
    assert answered is not None
    assert (answered.state, answered.reply_ts) == (QuestionState.ANSWERED, reply_ts)
    store.close()


def test_a_short_pause_costs_no_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has taken the question over: it is noted once more, and answered."""
    desk.start()
    reply, late = Poster.reply, []

    def late_once(self: Poster, *arguments: object, noted: Age) -> str:
        if not late:
            late.append(arguments)
            raise TooLate
        return reply(self, *arguments, noted=noted)  # type: ignore[arg-type]

    monkeypatch.setattr(Poster, "reply", late_once)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")
    assert desk.question(ts).attempts == 1


@pytest.mark.parametrize("clock", ["steady", "wall"])
def test_an_old_note_stops_the_call_itself(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    """By either clock: the steady one may stand still while a machine is paused."""
    client = posting_client(desk.slack.bot_token, desk.slack.api_url)
    noted = Age()
    now = {"steady": "index.processes._steady_time", "wall": "index.processes.time.time"}[clock]
    later = time.time() + timedelta(days=365).total_seconds()
    monkeypatch.setattr(now, lambda: later)
    with client.within(noted, 10), pytest.raises(TooLate):
        client.chat_postMessage(channel=desk.watched.id, text="hello")
    assert desk.slack.calls("chat.postMessage") == []
    client.chat_postMessage(channel=desk.watched.id, text="hello")
