"""Evidence: hits put together by answer, and what is said of each."""

from dataclasses import dataclass

import numpy as np
import pytest

from index.engines.base import Hit, Retriever
from index.ranking.features import FEATURES, Evidence, features, floors_of, gather, words_of
from tests.support.tables import table


@dataclass(frozen=True)
class Entry:
    question: str
    answer: str


PAIRS = {
    "a": Entry("How do I reset my VPN token?", "Open the portal."),
    "a2": Entry("VPN token lost", "open  the PORTAL."),
    "b": Entry("Where is the mail archive?", "In the menu."),
}
FLOORS = {Retriever.QUESTION: 0.2, Retriever.ANSWER: 0.1}


def named(text: str, evidence: list[Evidence]) -> list[dict[str, float]]:
    return [
        dict(zip(FEATURES, row, strict=True)) for row in features(text, evidence, FLOORS).tolist()
    ]


def evidence(**changes: object) -> Evidence:
    values: dict[str, object] = {
        "pair_id": "a",
        "answer_key": "k",
        "matched_text": "How do I reset my VPN token?",
        "question": None,
        "centroid": None,
        "answer": None,
        "bm25": None,
    }
    return Evidence(**(values | changes))  # type: ignore[arg-type]


def test_pairs_with_the_same_answer_count_as_one() -> None:
    hits = {
        Retriever.QUESTION: [Hit("a2", "VPN token lost", 0.8), Hit("a", "reset token", 0.7)],
        Retriever.ANSWER: [Hit("b", "", 0.3), Hit("a", "", 0.25)],
        Retriever.BM25: [Hit("a", "", 4.0), Hit("a2", "", 3.0)],
    }

    first, second = gather(hits, PAIRS)

    assert (first.pair_id, first.matched_text) == ("a2", "VPN token lost")
    assert (first.question, first.answer, first.bm25) == (0.8, 0.25, 4.0)
    assert (second.pair_id, second.question, second.answer) == ("b", None, 0.3)
    assert second.matched_text == PAIRS["b"].question, "its own question stands in"


def test_pairs_that_may_not_be_shown_are_passed_over() -> None:
    hits = {Retriever.QUESTION: [Hit("gone", "?", 0.99), Hit("b", "mail", 0.5)]}

    assert [e.pair_id for e in gather(hits, PAIRS)] == ["b"]
    assert gather({}, PAIRS) == []


def test_the_centroid_is_the_cosine_to_the_mean_of_the_wordings() -> None:
    query = np.array([1.0, 0.0], dtype=np.float32)
    wordings = np.array([[0.8, 0.6], [0.8, -0.6]], dtype=np.float32)
    hits = [Hit("a", f"w{i}", float(w @ query), w) for i, w in enumerate(wordings)]

    (several,) = gather({Retriever.QUESTION: hits}, PAIRS)
    (single,) = gather({Retriever.QUESTION: hits[:1]}, PAIRS)
    (blind,) = gather({Retriever.QUESTION: [Hit("a", "w", 0.8), Hit("a", "v", 0.7)]}, PAIRS)

    assert several.question == pytest.approx(0.8)
    assert several.centroid == pytest.approx(1.0), "the two miss it on either side"
    assert single.centroid == single.question
    assert blind.centroid == 0.8, "without vectors it is the nearest"


def test_what_a_retriever_did_not_find_is_at_its_floor() -> None:
    (row,) = named("anything", [evidence(bm25=3.0)])

    assert (row["question"], row["centroid"], row["answer"]) == (0.2, 0.2, 0.1)
    assert row["bm25"] == pytest.approx(0.3)
    assert (row["overlap"], row["coverage"], row["exact"]) == (0, 0, 0), "no wording was found"


def test_the_floor_is_the_last_hits_score() -> None:
    hits = {
        Retriever.QUESTION: [Hit("a", "", 0.9), Hit("b", "", 0.4)],
        Retriever.ANSWER: [Hit("a", "", -0.2)],
    }

    assert floors_of(hits) == {Retriever.QUESTION: 0.4, Retriever.ANSWER: 0.0}
    assert floors_of({}) == {Retriever.QUESTION: 0.0, Retriever.ANSWER: 0.0}


def test_an_answer_nearer_than_its_wordings_is_a_sign_of_its_own() -> None:
    nearer, farther = named(
        "anything",
        [evidence(question=0.3, centroid=0.3, answer=0.5), evidence(question=0.6, answer=0.5)],
    )

    assert nearer["answer_lead"] == pytest.approx(0.2)
    assert farther["answer_lead"] == 0


def test_bm25_is_also_a_share_of_the_best() -> None:
    rows = named("anything", [evidence(bm25=2.0), evidence(bm25=8.0), evidence(question=0.5)])

    assert [row["bm25_share"] for row in rows] == [0.25, 1.0, 0.0]
    assert named("anything", [evidence(question=0.5)])[0]["bm25_share"] == 0


@table(
    [
        ("how do i reset my vpn token", 1.0, 1.0, 1.0),
        ("TOKEN reset: my VPN, how do I?", 1.0, 1.0, 1.0),
        ("vpn token", 2 / 7, 1.0, 0.0),
        ("vpn token expired", 2 / 8, 2 / 3, 0.0),
        ("lunch", 0.0, 0.0, 0.0),
        ("???", 0.0, 0.0, 0.0),
    ],
)
def test_words_in_common(text: str, overlap: float, coverage: float, exact: float) -> None:
    (row,) = named(text, [evidence(question=0.5)])

    assert (row["overlap"], row["coverage"], row["exact"]) == pytest.approx(
        (overlap, coverage, exact)
    )


def test_words_are_told_in_any_script() -> None:
    assert words_of("Où est l'Été? 42") == {"où", "est", "l", "été", "42"}
    assert words_of("¿¡!?") == frozenset()


def test_no_candidates_have_no_features() -> None:
    assert features("anything", [], FLOORS).shape == (0, len(FEATURES))
