"""`/faq suggestions`: admins decide which of people's words become wordings of an answer."""

import uuid

import pytest

from bot.cards.wording import GONE
from index.store import Store
from index.store.types import NewQuestion, Origin, QuestionState, Verdict, pair_id
from playground.client import Message, Person
from tests.bot.desk import Desk, told
from tests.support.waiting import until

VPN = pair_id("test", "vpn")
WIFI = pair_id("test", "wifi")


@pytest.fixture
def running(either_desk: Desk) -> Desk:
    """A bot in each mode, of which Ann is an admin; two wordings are suggested."""
    either_desk.settings["admins"] = (either_desk.ann.id,)
    store = Store(either_desk.index_settings.store_url)
    suggest(store, "tunnel <!channel> is shut", VPN, picks=2)
    suggest(store, "net for visitors", WIFI)
    store.close()
    return either_desk.start()


def suggest(store: Store, text: str, pair: str, picks: int = 1) -> None:
    """Have some people pick a pair for a question; while no bot runs that would answer it."""
    for number in range(picks):
        store.inbox.add(NewQuestion("T1", "C0OLD", uuid.uuid4().hex, None, "U1", text, True))
        question = store.inbox.claim("test")
        assert question is not None
        store.inbox.finish(question.id, QuestionState.OFFERED)
        store.feedback.record(question.id, pair, f"U{number}", Verdict.PICKED, wording=text)


def listed(desk: Desk, person: Person) -> Message:
    """The list of suggestions as only that person sees it."""
    told(person, desk.watched, "suggestions")
    return [m for m in person.sees(desk.watched) if m.ephemeral_to == person.id][-1]


def click(desk: Desk, person: Person, message: Message, action_id: str, number: int) -> None:
    """Click a button of the list's nth entry."""
    blocks = [block for block in message.blocks if block["type"] == "actions"]
    block_id = blocks[number]["block_id"]
    assert person.click(desk.watched, message, action_id, block_id=block_id).acked


def wordings(desk: Desk, pair: str) -> list[tuple[str, Origin]]:
    return [(p.text, p.origin) for p in desk.store.pairs.get([pair])[pair].phrasings]


def shows(desk: Desk, person: Person, text: str) -> Message:
    def found() -> list[Message]:
        seen = person.sees(desk.watched)
        return [m for m in seen if m.ephemeral_to == person.id and text in m.all_text]

    return desk.slack.wait_until(found, what=f"a message with {text!r}")[-1]


def test_an_admin_approves_and_rejects(running: Desk) -> None:
    ann = running.ann
    message = listed(running, ann)
    assert "2 suggested wordings are waiting" in message.all_text
    assert "“tunnel &lt;!channel&gt; is shut”" in message.all_text
    assert "How do I connect to the VPN?\nPicked by 2 people" in message.all_text
    click(running, ann, message, "faq_suggestion_approve", 0)
    message = shows(running, ann, "Approved: it is a wording of that answer now.")
    assert "1 suggested wording is waiting" in message.all_text
    assert wordings(running, VPN) == [("tunnel <!channel> is shut", Origin.PICK)]
    click(running, ann, message, "faq_suggestion_reject", 0)
    message = shows(running, ann, "Rejected: it will not be suggested again.")
    assert "No suggested wordings are waiting." in message.all_text
    assert wordings(running, WIFI) == []
    seen_by = {post.ephemeral_to for post in running.bot_posts(running.watched)}
    assert seen_by == {ann.id}, "nobody else has seen anything"


def test_an_approved_wording_is_answered_at_once(running: Desk) -> None:
    message = listed(running, running.ann)
    click(running, running.ann, message, "faq_suggestion_approve", 1)
    shows(running, running.ann, "Approved")

    def is_found() -> bool:
        with running.service.serving.use() as live:  # type: ignore[union-attr]
            (match, *_) = live.searcher.search(live.searcher.read("net for visitors"), limit=1)
            return match.pair.id == WIFI and match.matched_text == "net for visitors"

    until(is_found, "the index follows")


def test_who_is_an_admin_is_asked_at_the_click(running: Desk) -> None:
    group = running.slack.create_usergroup("desk", [running.ann])
    running.stop()
    running.settings["admins"] = (group.id,)
    running.start()
    message = listed(running, running.ann)
    running.slack.create_usergroup("desk", [])
    click(running, running.ann, message, "faq_suggestion_approve", 0)
    shows(running, running.ann, "Sorry, that is for my admins only")
    assert wordings(running, VPN) == []
    assert running.store.suggestions.count_waiting() == 2


def test_a_button_that_somebody_else_got_hold_of_does_nothing(running: Desk) -> None:
    bob = running.slack.create_user("bob")
    (first, _) = running.store.suggestions.waiting()
    for value in (str(first.id), "x", "9" * 30):
        button = {
            "type": "button",
            "action_id": "faq_suggestion_approve",
            "text": {"type": "plain_text", "text": "x"},
            "value": value,
        }
        posted = running.api.chat_postMessage(
            channel=running.watched.id,
            text="planted",
            blocks=[{"type": "actions", "elements": [button]}],
        )
        for person in (bob, running.ann) if value != str(first.id) else (bob,):
            assert person.click(running.watched, posted["ts"], "faq_suggestion_approve").acked
    shows(running, bob, "Sorry, that is for my admins only")
    running.slack.wait_until_idle()
    assert running.store.suggestions.count_waiting() == 2
    assert wordings(running, VPN) == []


def test_a_second_click_says_how_it_stands(running: Desk) -> None:
    first = listed(running, running.ann)
    (found, other) = running.store.suggestions.waiting()
    running.store.suggestions.reject(found.id, "command line")
    click(running, running.ann, first, "faq_suggestion_approve", 0)
    shows(running, running.ann, "It was rejected before.")
    assert wordings(running, VPN) == []
    second = listed(running, running.ann)
    with running.store.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM suggestions WHERE id = {other.id}")
    click(running, running.ann, second, "faq_suggestion_reject", 0)
    shows(running, running.ann, GONE)


def test_a_long_list_shows_its_beginning(running: Desk) -> None:
    running.stop()
    store = Store(running.index_settings.store_url)
    for number in range(12):
        suggest(store, f"question number {number} " + "<&>" * 700, VPN)
    store.close()
    running.start()
    message = listed(running, running.ann)
    assert "14 suggested wordings are waiting; the first 10:" in message.all_text
    assert message.action_ids.count("faq_suggestion_approve") == 10
