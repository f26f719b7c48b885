"""Late and lost events, broken connections, and a store that cannot be written."""

import time

import pytest

from bot import presence, status
from bot.timing import Timing
from index.errors import StoreError
from index.store import Store
from index.store.presence import Presence
from index.store.types import NewQuestion
from tests.bot.desk import ASKED, Desk, answers
from tests.support.logs import captured
from tests.support.waiting import until


def test_an_event_that_comes_late_is_answered(either_desk: Desk) -> None:
    desk = either_desk.start()
    desk.slack.delay_deliveries(0.7)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")


def test_the_bot_follows_slack_to_a_new_connection(desk: Desk) -> None:
    desk.start()
    assert desk.slack.disconnect_sockets(close_after=0.5) == 1
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")
    # Also after the old one is gone.
    desk.slack.wait_until(lambda: desk.slack.connections == 1, 10, "one connection")
    other = desk.mention(desk.watched, ASKED["badge"])
    assert answers(desk.reply(desk.watched, other), "badge")


def test_the_bot_comes_back_after_a_cut_connection(desk: Desk) -> None:
    desk.start()
    assert desk.slack.drop_sockets() == 1
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")


def test_the_bot_notices_a_dead_connection(desk: Desk) -> None:
    desk.timing = Timing(ping_every_s=0.2, first_pause_s=0.05)
    desk.slack.set_patience(ack_timeout=0.5, retry_delays=[0.5, 1, 2, 4])
    desk.start()
    assert desk.slack.freeze_sockets() == 1
    # Sent into the void at first; Slack delivers it again.
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")
    other = desk.mention(desk.watched, ASKED["badge"])
    assert answers(desk.reply(desk.watched, other), "badge")


def test_a_quiet_but_living_connection_is_kept(desk: Desk) -> None:
    desk.timing = Timing(ping_every_s=0.1)
    desk.start()
    opened = len(desk.slack.calls("apps.connections.open"))
    with pytest.raises(AssertionError):
        desk.slack.wait_for_calls("apps.connections.open", count=opened + 1, timeout=1)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")


def reached(desk: Desk) -> Presence:
    """What the bot says of itself in the store, as `faqbot status` shows it."""
    (process,) = desk.store.processes.all()
    return process


def test_tries_to_connect_become_rare_and_are_told_once(
    desk: Desk,
) -> None:
    desk.timing = Timing(first_pause_s=0.2)
    desk.start()
    opened = len(desk.slack.calls("apps.connections.open"))
    desk.slack.fail("apps.connections.open", status=503, times=1000)
    with captured() as logs:
        desk.slack.drop_sockets()
        until(lambda: not reached(desk).is_well, "it says that it is cut off")
        assert "no connection (Slack cannot be reached: HTTP status 503)" in reached(desk).detail
        time.sleep(3)  # the time in which tries are counted
        tries = len(desk.slack.calls("apps.connections.open")) - opened
        # After 0.2, 0.4, 0.8, 1.6 seconds; not one after another.
        assert 2 <= tries <= 6
        desk.slack.recover()
        ts = desk.mention(desk.watched, ASKED["vpn"])
        assert answers(desk.reply(desk.watched, ts), "vpn")
        until(lambda: reached(desk).is_well, "it says that it is connected")
    events = [line["event"] for line in logs]
    assert events.count("connection_lost") <= 2, "closed, then why it stays so"
    assert events.count("connected_again") == 1


def test_a_revoked_app_token_is_one_clear_line_and_is_seen_in_the_status(
    desk: Desk,
) -> None:
    desk.timing = Timing(first_pause_s=0.1)
    desk.start()
    desk.slack.refuse_tokens("token_revoked")
    with captured() as logs:
        desk.slack.drop_sockets()
        until(lambda: "token_revoked" in reached(desk).detail, "the reason is known")
        opened = len(desk.slack.calls("apps.connections.open"))
        desk.slack.wait_for_calls("apps.connections.open", count=opened + 2)
    reasons = [line["reason"] for line in logs if line["event"] == "connection_lost"]
    (told,) = [reason for reason in reasons if "token_revoked" in reason]
    assert "set SLACK_APP_TOKEN" in told
    shown = dict(status.collect(desk.store, desk.bot_settings, desk.data_dir / "models").lines())
    assert "token_revoked" in shown["Slack"]


def test_a_revoked_bot_token_is_noticed_without_a_question(
    either_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "ASK_EVERY_S", 0.1)
    monkeypatch.setattr(presence, "SAY_EVERY_S", 0.1)
    desk = either_desk.start()
    assert reached(desk).is_well
    assert reached(desk).detail.startswith(f"{desk.mode}: ")
    desk.slack.refuse_tokens("token_revoked")
    until(lambda: not reached(desk).is_well, "it says so")
    assert "Slack refuses the bot token: token_revoked; set SLACK_BOT_TOKEN" in reached(desk).detail


def test_a_bot_that_stops_is_not_shown_any_more(desk: Desk) -> None:
    desk.start()
    assert reached(desk).mode == "socket"
    desk.stop()
    store = Store(desk.index_settings.store_url)
    assert store.processes.all() == []
    store.close()


def test_a_question_that_cannot_be_stored_is_delivered_again(
    either_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = either_desk
    desk.slack.set_patience(ack_timeout=1)
    desk.start()
    inbox = desk.store.inbox
    add, refused = inbox.add, []

    def add_at_third_try(question: NewQuestion) -> bool:
        if len(refused) < 2:
            refused.append(question.ts)
            raise StoreError("the disk is full")
        return add(question)

    monkeypatch.setattr(inbox, "add", add_at_third_try)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")
    # Neither of the mention's two events was acknowledged at first.
    assert refused == [ts, ts]
    deliveries = [d for d in desk.slack.deliveries() if d.event.get("ts") == ts]
    assert all(delivery.acked for delivery in deliveries)
    assert [len(delivery.attempts) for delivery in deliveries] == [2, 2]
    assert not any(delivery.attempts[0].acked for delivery in deliveries)


def test_an_outage_of_slacks_api_at_the_first_event_loses_no_question(either_desk: Desk) -> None:
    desk = either_desk.start()
    # Bolt looks up whom it speaks for; were it to do so now, it would drop the event.
    desk.slack.fail("auth.test", status=503, times=50)
    desk.slack.fail("chat.postMessage", status=503)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")
