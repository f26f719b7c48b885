"""Golden questions are asked while their pair is active, and right by the words of the answer."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from index.evaluation.golden import answers_right, ask, in_force, is_right
from index.query.cleaning import Query
from index.ranking.match import Match
from index.searcher import Searcher
from index.store import Store
from index.store.types import Golden, Pair, PairDraft, Status


def stored(*drafts: tuple[str, str]) -> list[Pair]:
    store = Store.open("sqlite://")
    store.pairs.upsert([PairDraft("test", str(i), q, a) for i, (q, a) in enumerate(drafts)])
    pairs = [pair for window in store.pairs.walk() for pair in window]
    store.close()
    return sorted(pairs, key=lambda pair: str(pair.external_id))


def pinned(number: int, question: str, pair: Pair) -> Golden:
    return Golden(number, question, pair.id, None, datetime.now(UTC))


class Answering:
    """Finds what it is told to."""

    def __init__(self, found: dict[str, Pair]) -> None:
        self._found = found

    def read(self, question: str) -> Query:
        return Query(question)

    def search(self, query: Query, limit: int) -> list[Match]:
        pair = self._found.get(query.text)
        return [Match(pair, pair.question, 0.5, 0.5, {})] if pair else []


def answering(found: dict[str, Pair]) -> Searcher:
    return cast(Any, Answering(found))


def test_the_same_words_of_another_pair_are_right() -> None:
    one, other, wrong = stored(
        ("VPN?", "Restart it."), ("Tunnel?", "restart  IT."), ("Mail?", "No.")
    )

    assert is_right(other, one)
    assert not is_right(wrong, one)


def test_only_questions_of_active_pairs_are_in_force() -> None:
    active, retired = stored(("VPN?", "Restart it."), ("Mail?", "No."))
    retired = replace(retired, status=Status.RETIRED)
    questions = [pinned(1, "vpn", active), pinned(2, "mail", retired)]
    unknown = replace(pinned(3, "print", active), pair_id="gone")

    found = in_force([*questions, unknown], {pair.id: pair for pair in (active, retired)})

    assert found == questions[:1]


def test_a_question_is_right_by_its_first_answer() -> None:
    vpn, mail = stored(("VPN?", "Restart it."), ("Mail?", "No."))
    questions = [pinned(1, "vpn", vpn), pinned(2, "tunnel", vpn), pinned(3, "nothing", mail)]
    pairs = {pair.id: pair for pair in (vpn, mail)}
    searcher = answering({"vpn": vpn, "tunnel": mail})

    answers = ask(searcher, questions, pairs)

    assert [(a.golden.id, a.found, a.right) for a in answers] == [
        (1, vpn, True),
        (2, mail, False),
        (3, None, False),
    ]
    assert answers_right(searcher, questions, pairs) == {1}
    assert answers_right(searcher, questions, {}) == set(), "their pairs are gone"
