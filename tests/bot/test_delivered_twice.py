"""Slack delivers an event more than once, or in two kinds: there is one answer."""

import json

from tests.bot.desk import ASKED, UNANSWERABLE, Desk, answers


def test_a_mention_that_comes_as_two_events_is_answered_once(either_desk: Desk) -> None:
    desk = either_desk.start()
    ts = desk.mention(desk.watched, ASKED["wifi"])
    assert answers(desk.reply(desk.watched, ts), "wifi")
    kinds = sorted(delivery.event["type"] for delivery in desk.slack.deliveries())
    assert kinds.count("app_mention") == 1
    assert [d.event["ts"] for d in desk.slack.deliveries("message.channels")].count(ts) == 1


def test_events_delivered_twice_are_answered_once(either_desk: Desk) -> None:
    desk = either_desk.start()
    desk.slack.duplicate_deliveries()
    asked = {
        name: (desk.mention if name != "vpn" else desk.ann.post)(desk.watched, ASKED[name])
        for name in ("vpn", "badge", "canteen")
    }
    unsure = desk.mention(desk.watched, UNANSWERABLE)
    for name, ts in asked.items():
        assert answers(desk.reply(desk.watched, ts), name)
    desk.reply(desk.watched, unsure)
    assert len(desk.bot_posts(desk.watched)) == 4
    assert len([d for d in desk.slack.deliveries() if d.event.get("ts") == asked["badge"]]) == 4


def test_an_event_delivered_again_after_a_restart_is_answered_once(http_desk: Desk) -> None:
    desk = http_desk.start()
    ts = desk.mention(desk.watched, ASKED["badge"])
    reply = desk.reply(desk.watched, ts)
    payloads = [d.payload for d in desk.slack.deliveries() if d.event.get("ts") == ts]
    assert len(payloads) == 2
    desk.restart()
    for payload in payloads:
        assert desk.deliver(json.dumps(payload), X_Slack_Retry_Num="1").status_code == 200
    desk.settle()
    assert desk.slack.replies(desk.watched, ts) == [reply]
