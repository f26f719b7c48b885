"""Starting with something wrong, stopping with something to do, and starting again."""

import re
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.settings import BotSettings
from bot.timing import Timing
from index.errors import CollectionLocked, FaqbotError, SettingsError
from index.store import Store
from index.store.types import QuestionState
from playground.testing import running_playground
from tests.bot.desk import ASKED, Desk, answers, leftovers
from tests.support.waiting import until


def start_error(desk: Desk) -> str:
    """The message a start fails with; nothing may be left of it."""
    before = set(threading.enumerate())
    with pytest.raises(FaqbotError) as error:
        desk.start()
    desk.service = None
    message = str(error.value)
    assert "\n" not in message
    assert desk.slack.bot_token not in message
    assert desk.slack.app_token not in message
    until(lambda: not leftovers(before), f"no thread is left: {leftovers(before)}")
    return message


def assert_starts(desk: Desk) -> None:
    """Whatever kept it from starting, the next start in the same folder works."""
    desk.start()
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"slack_bot_token": None}, "SLACK_BOT_TOKEN is not set"),
        ({"slack_app_token": None}, "SLACK_APP_TOKEN is not set"),
        ({"slack_bot_token": "xoxb-wrong"}, r"refuses the bot token \(invalid_auth\)"),
        ({"slack_app_token": "xapp-wrong"}, r"refuses the app-level token \(invalid_auth\)"),
    ],
)
def test_a_missing_or_refused_token_is_said_in_one_line(
    desk: Desk, settings: dict[str, Any], message: str
) -> None:
    desk.settings |= settings
    assert re.search(message, start_error(desk))
    desk.settings.clear()
    assert_starts(desk)


def test_a_token_of_the_wrong_kind_is_said_in_one_line(desk: Desk) -> None:
    desk.settings["slack_app_token"] = desk.slack.bot_token
    assert "app-level token" in start_error(desk)
    desk.settings.clear()
    assert_starts(desk)


def test_a_slack_that_cannot_be_reached_is_said_in_one_line(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    desk.settings["slack_api_url"] = f"http://127.0.0.1:{port}/api/"
    assert f"Slack at http://127.0.0.1:{port}/api/ cannot be reached" in start_error(desk)
    desk.settings.clear()
    assert_starts(desk)


def test_an_api_url_that_is_none_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_API_URL", "slack.example.com")
    with pytest.raises(SettingsError, match="SLACK_API_URL"):
        BotSettings.load()


def test_a_slack_that_fails_at_the_start_is_said_in_one_line(desk: Desk) -> None:
    desk.slack.fail("apps.connections.open", error="internal_error", times=10)
    assert "opens no Socket Mode connection (internal_error)" in start_error(desk)
    desk.slack.recover()
    assert_starts(desk)


def test_a_second_bot_on_the_same_index_names_the_first(desk: Desk) -> None:
    desk.start()
    with pytest.raises(CollectionLocked) as error:
        desk.create_service()
    assert re.search(r"is in use by .*\(pid \d+\); stop it first", str(error.value))
    assert "\n" not in str(error.value)
    # The first is none the worse for it.
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")


def test_nothing_runs_after_a_stop(either_desk: Desk) -> None:
    before = set(threading.enumerate())
    either_desk.start()
    ts = either_desk.mention(either_desk.watched, ASKED["vpn"])
    reply = either_desk.reply(either_desk.watched, ts)
    either_desk.ann.click(either_desk.watched, reply, "faq_solved")
    either_desk.stop()
    until(lambda: not leftovers(before), f"no thread is left: {leftovers(before)}")
    assert either_desk.slack.connections == 0


def test_a_stop_finishes_what_is_in_hand_and_leaves_the_rest(either_desk: Desk) -> None:
    desk = either_desk
    desk.settings["workers"] = 1
    desk.start()
    desk.slack.slow("chat.postMessage", 1.0)
    asked = {name: desk.mention(desk.watched, ASKED[name]) for name in ("vpn", "badge", "canteen")}
    # All are in, and the first is on its way to Slack.
    desk.slack.wait_until_idle()
    desk.slack.wait_until(lambda: desk.slack.calls("chat.postMessage"), what="the first post")
    desk.stop()
    store = Store(desk.index_settings.store_url)
    assert store.inbox.count()[QuestionState.ANSWERED] == 1
    assert store.inbox.count()[QuestionState.RECEIVED] == 2
    store.close()
    assert len(desk.bot_posts(desk.watched)) == 1

    desk.start()
    for name, ts in asked.items():
        assert answers(desk.reply(desk.watched, ts), name)


def test_a_stop_carries_out_every_command_that_was_acknowledged(desk: Desk) -> None:
    desk.settings["admins"] = ("workspace-admins",)
    desk.slack.set_admin(desk.ann, is_admin=True)
    desk.start()
    # More than there are threads: the last ones still wait when the bot is told to stop.
    desk.slack.slow("users.info", 1.0, times=9)
    assert all(desk.ann.command(desk.watched, "/faq", "status").acked for _ in range(9))
    desk.stop()
    assert len(desk.ann.wait_for_ephemeral(desk.watched, count=9)) == 9


def test_a_stop_waits_so_long_for_commands_and_no_longer(
    desk: Desk,
) -> None:
    desk.timing = Timing(finish_patience_s=0.0)
    before = set(threading.enumerate())
    desk.settings["admins"] = ("workspace-admins",)
    desk.slack.set_admin(desk.ann, is_admin=True)
    desk.start()
    desk.slack.slow("users.info", 1.0, times=9)
    for _ in range(9):
        desk.ann.command(desk.watched, "/faq", "status")
    desk.stop()
    assert len(desk.slack.calls("users.info")) < 9
    until(lambda: not leftovers(before), f"no thread is left: {leftovers(before)}")


def test_questions_asked_while_the_bot_is_down_are_answered_when_it_is_back(desk: Desk) -> None:
    desk.start()
    desk.stop()
    ts = desk.mention(desk.watched, ASKED["vpn"])
    desk.start()
    assert answers(desk.reply(desk.watched, ts), "vpn")


def test_a_stop_while_slack_delivers_loses_nothing(desk: Desk) -> None:
    desk.slack.set_patience(ack_timeout=1, retry_delays=[0.2, 1, 2, 4])
    desk.start()
    asked = [(name, desk.mention(desk.watched, text)) for name, text in ASKED.items()]
    desk.stop()
    desk.start()
    for name, ts in asked:
        assert answers(desk.reply(desk.watched, ts), name)


def test_a_bot_moves_to_another_slack_with_its_store(desk: Desk, tmp_path: Path) -> None:
    """The lookup of old answers never keeps a bot from answering new questions."""
    desk.start()
    desk.reply(desk.watched, desk.mention(desk.watched, ASKED["vpn"]))
    desk.stop()
    with running_playground() as other:
        moved = Desk.create(other, "socket", desk.data_dir).start()
        ts = moved.mention(moved.watched, ASKED["vpn"])
        assert answers(moved.reply(moved.watched, ts), "vpn")
        moved.stop()
