"""People of other organisations: in channels shared by Slack Connect, and by their team."""

import pytest
from slack_sdk import WebClient

from bot.slack.lookup import is_public, is_shared_outside
from index.store import Store
from playground.client import Channel, Person, Playground
from tests.bot.desk import ASKED, FAQ, Desk, answer_to, answers, draft, first_section
from tests.bot.picking import UNKNOWN, id_of, learn_from_picks, picks
from tests.support.waiting import until

OTHER = "T0OTHER"


@pytest.fixture
def shared_channel(either_desk: Desk) -> tuple[Desk, Channel, Person]:
    """A bot in a channel that is shared; of the FAQ only how to park is marked for outsiders."""
    desk = either_desk
    store = Store(desk.index_settings.store_url)
    store.pairs.upsert([draft("parking", *FAQ["parking"], audience=("outsiders",))])
    store.close()
    channel = desk.slack.create_channel("with-partners")
    desk.slack.share(channel, OTHER)
    return desk, channel, desk.slack.create_user("eve", team=OTHER)


Shared = tuple[Desk, Channel, Person]


@pytest.mark.parametrize("opened", [False, True])
def test_in_a_shared_channel_only_marked_entries_are_shown_and_only_where_that_is_set(
    shared_channel: Shared, opened: bool
) -> None:
    desk, channel, eve = shared_channel
    desk.settings["answer_outsiders"] = opened
    desk.start()
    for person in (desk.ann, eve):
        ts = person.mention(channel, ASKED["vpn"])
        reply = desk.reply(channel, ts)
        assert desk.question(ts).outside
        assert "VPN" not in reply.all_text
        assert answer_to("vpn") not in reply.all_text
        ts = person.mention(channel, ASKED["parking"])
        assert answers(desk.reply(channel, ts), "parking") == opened
    inside = desk.mention(desk.watched, ASKED["parking"])
    assert answers(desk.reply(desk.watched, inside), "parking"), "and inside as ever"


def test_a_person_of_another_team_is_an_outsider_everywhere(shared_channel: Shared) -> None:
    desk, _, eve = shared_channel
    desk.start()
    ts = eve.mention(desk.watched, ASKED["vpn"])
    assert answer_to("vpn") not in desk.reply(desk.watched, ts).all_text
    assert desk.question(ts).outside


def test_a_click_of_an_outsider_hides_what_is_not_for_them_for_good(
    shared_channel: Shared,
) -> None:
    desk, _, eve = shared_channel
    desk.start()
    ts = desk.mention(desk.watched, ASKED["vpn"])
    card = desk.reply(desk.watched, ts)
    assert answers(card, "vpn")
    # The channel was shared after that.
    desk.slack.share(desk.watched, OTHER)
    eve.click(desk.watched, card, "faq_solved")
    desk.slack.wait_for_message(desk.watched, card, lambda m: "no longer" in m.all_text)
    assert desk.tally(ts) == (0, 0)
    assert desk.question(ts).outside
    desk.slack.share(desk.watched)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert answers(desk.reply(desk.watched, ts), "vpn")


def test_what_outsiders_pick_teaches_nothing(desk: Desk) -> None:
    store = Store(desk.index_settings.store_url)
    store.pairs.upsert(
        [draft(name, *entry, audience=("outsiders",)) for name, entry in FAQ.items()]
    )
    store.close()
    desk.settings |= {"answer_outsiders": True, "picks_needed": 1}
    desk.start()
    eve = desk.slack.create_user("eve", team=OTHER)
    # Their own question, and one of somebody of ours.
    for asker in (eve, desk.ann):
        ts = asker.mention(desk.watched, UNKNOWN)
        card = desk.reply(desk.watched, ts)
        block = picks(card)[id_of("wifi")]
        eve.click(desk.watched, card, "faq_pick", block_id=block)
        shown = desk.slack.wait_for_message(desk.watched, card, lambda m: "Picked by" in m.all_text)
        assert first_section(shown) == answer_to("wifi")
    desk.stop()  # which waits for what the clicks set off
    store = Store(desk.index_settings.store_url)
    assert store.suggestions.waiting() == []
    assert store.pairs.get([id_of("wifi")])[id_of("wifi")].phrasings == ()
    store.close()


def test_a_shared_channel_is_not_public(slack: Playground) -> None:
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    channel = slack.create_channel("open")
    assert is_public(client, channel.id)
    assert not is_shared_outside(client, channel.id)
    slack.share(channel, OTHER)
    assert not is_public(client, channel.id)
    assert is_shared_outside(client, channel.id)
    assert is_shared_outside(client, "C0NOWHERE"), "where Slack does not say"


def test_an_admins_channel_that_is_shared_is_told_no_entry(desk: Desk) -> None:
    room = desk.slack.create_channel("admins")
    desk.slack.share(room, OTHER)
    desk.settings["admin_channel"] = room.id
    desk.start()
    learn_from_picks(desk)
    (message,) = until(lambda: desk.bot_posts(room), "the message to the admins")
    assert "guest wifi password" not in message.all_text
