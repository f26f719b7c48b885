"""Questions that fit several answers, and people who pick one."""

from index.store import Store
from index.store.types import Origin, pair_id
from playground.client import Channel, Message, Person
from tests.bot.desk import Desk, draft, first_section
from tests.support.waiting import until

# Two of a kind: what is asked below fits both.
MACHINES = {
    "floor1": ("How do I clean the coffee machine on floor 1?", "Run *Rinse*.\nThen wipe it."),
    "floor2": ("How do I clean the coffee machine on floor 2?", "Hold the <red> button."),
}
VAGUE = "how do I clean the coffee machine?"
UNKNOWN = "wireless code for a visitor"


def fill(desk: Desk) -> Desk:
    store = Store(desk.index_settings.store_url)
    store.pairs.upsert([draft(name, *entry) for name, entry in MACHINES.items()])
    store.close()
    return desk


def id_of(name: str) -> str:
    return pair_id("test", name)


def ask(desk: Desk, text: str = VAGUE, channel: Channel | None = None) -> tuple[str, Message]:
    """Ask directly; returns the question's ts and the reply."""
    channel = channel or desk.watched
    ts = desk.mention(channel, text)
    return ts, desk.reply(channel, ts)


def picks(message: Message) -> dict[str, str]:
    """The pick buttons of a card: ids of their blocks, by the pair's id."""
    found = {}
    for block in message.blocks:
        button = block.get("accessory") or {}
        if button.get("action_id") == "faq_pick":
            found[button["value"].partition(" ")[2]] = block["block_id"]
    return found


def pick(
    desk: Desk, person: Person, card: Message, name: str, channel: Channel | None = None
) -> Message:
    """Somebody picks an entry; returns the card when it shows it."""
    channel = channel or desk.watched
    block = picks(desk.slack.message(channel, card))[id_of(name)]
    assert person.click(channel, card, "faq_pick", block_id=block).acked
    answer = MACHINES[name][1].split("\n")[0].replace("<", "&lt;").replace(">", "&gt;")
    return desk.slack.wait_for_message(channel, card, lambda m: first_section(m).startswith(answer))


def wait(desk: Desk, card: Message, text: str) -> Message:
    return desk.slack.wait_for_message(desk.watched, card, lambda m: text in m.all_text)


def wordings(desk: Desk, name: str) -> list[str]:
    pair = desk.store.pairs.get([id_of(name)])[id_of(name)]
    return [p.text for p in pair.phrasings if p.origin is Origin.PICK]


def learn_from_picks(desk: Desk, asked: str = UNKNOWN, name: str = "wifi") -> None:
    """Two people pick the same answer to a question, which becomes a wording of it."""
    bob = desk.slack.create_user("bob")
    # The second in other letters and with other company.
    for person, text in ((desk.ann, asked), (bob, f"Hello, {asked.upper()}")):
        assert wordings(desk, name) == []
        _, card = ask(desk, text)
        block = picks(card)[id_of(name)]
        person.click(desk.watched, card, "faq_pick", block_id=block)
        wait(desk, card, "Picked by 1 person")
    until(lambda: wordings(desk, name), "it is a wording")
    assert [text.casefold() for text in wordings(desk, name)] == [asked.casefold()]
