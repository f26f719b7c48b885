"""Late and lost events, broken connections, and a store that cannot be written."""

import pytest

from bot.transports import socket
from index.errors import StoreError
from index.store.types import NewQuestion
from tests.bot.desk import ASKED, Desk, answers


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


def test_the_bot_notices_a_dead_connection(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "PING_EVERY_S", 0.2)
    desk.slack.set_patience(ack_timeout=0.5, retry_delays=[0.5, 1, 2, 4])
    desk.start()
    assert desk.slack.freeze_sockets() == 1
    # Sent into the void at first; Slack delivers it again.
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")
    other = desk.mention(desk.watched, ASKED["badge"])
    assert answers(desk.reply(desk.watched, other), "badge")


def test_a_quiet_but_living_connection_is_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "PING_EVERY_S", 0.1)
    desk.start()
    opened = len(desk.slack.calls("apps.connections.open"))
    with pytest.raises(AssertionError):
        desk.slack.wait_for_calls("apps.connections.open", count=opened + 1, timeout=1)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")


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
