"""A learned ranker: the order and the confidence it gives."""

from dataclasses import dataclass

import numpy as np
import pytest

from index.engines.base import Hit, Retriever
from index.ranking.features import FEATURES, QUESTION
from index.ranking.ranker import MAX_LEAD, RIVAL, SIGNALS, LearnedRanker, signals, spread
from index.ranking.ranker_file import shipped


@dataclass(frozen=True)
class Entry:
    question: str
    answer: str


PAIRS = {
    "vpn": Entry("How do I reset my VPN token?", "Open the portal."),
    "vpn2": Entry("VPN token lost", "open the PORTAL. "),
    "mail": Entry("Where is the mail archive?", "In the menu."),
    "lunch": Entry("When is lunch?", "At noon."),
}


def hits(**cosines: float) -> dict[Retriever, list[Hit]]:
    """Hits on the questions of pairs."""
    best_first = sorted(cosines.items(), key=lambda item: -item[1])
    return {Retriever.QUESTION: [Hit(k, PAIRS[k].question, score) for k, score in best_first]}


def confidences(ranker: LearnedRanker, text: str, **cosines: float) -> dict[str, float]:
    ranked = ranker.rank(text, hits(**cosines), PAIRS)
    return {candidate.evidence.pair_id: candidate.confidence for candidate in ranked}


def test_the_nearest_answer_is_first_and_surest() -> None:
    ranked = shipped().rank("reset the VPN token", hits(vpn=0.9, mail=0.4, lunch=0.2), PAIRS)

    assert [c.evidence.pair_id for c in ranked] == ["vpn", "mail", "lunch"]
    assert [c.score for c in ranked] == sorted((c.score for c in ranked), reverse=True)
    assert ranked[0].confidence > 0.8 > 0.1 > ranked[1].confidence


def test_confidences_of_a_search_add_up_to_one_at_most() -> None:
    generator = np.random.default_rng(0)
    for _ in range(50):
        vpn, mail, lunch = generator.random(3)
        found = list(confidences(shipped(), "reset", vpn=vpn, mail=mail, lunch=lunch).values())
        assert sum(found) <= 1 + 1e-9
        assert found == sorted(found, reverse=True)
        assert min(found) >= 0


def test_a_near_tie_is_less_sure_than_a_clear_lead() -> None:
    clear = confidences(shipped(), "reset the token", vpn=0.75, mail=0.4)
    tie = confidences(shipped(), "reset the token", vpn=0.75, mail=0.74)

    assert tie["vpn"] < clear["vpn"] - 0.1
    assert tie["mail"] > clear["mail"]


def test_pairs_with_the_same_answer_are_no_rivals() -> None:
    found = confidences(shipped(), "reset the token", vpn=0.75, vpn2=0.74, lunch=0.2)

    assert set(found) == {"vpn", "lunch"}
    assert found["vpn"] == pytest.approx(
        confidences(shipped(), "reset the token", vpn=0.75, lunch=0.2)["vpn"], abs=1e-6
    )


def test_a_small_faq_does_not_make_a_far_answer_sure() -> None:
    alone = confidences(shipped(), "what is the weather like", lunch=0.15)

    threshold = shipped().threshold(0.9)
    assert threshold is not None
    assert alone["lunch"] < threshold


def test_nothing_found_is_nothing_ranked() -> None:
    assert shipped().rank("anything", {}, PAIRS) == []
    assert shipped().rank("anything", hits(vpn=0.9), {}) == [], "pairs that may not be shown"


def test_equals_have_a_fixed_order() -> None:
    for order in (("lunch", "mail"), ("mail", "lunch")):
        found = {Retriever.QUESTION: [Hit(k, "same words", 0.5) for k in order]}
        ranked = shipped().rank("reset", found, PAIRS)
        assert [c.evidence.pair_id for c in ranked] == ["lunch", "mail"]


def test_the_signals_of_a_lone_candidate_are_bounded() -> None:
    x = np.full((1, len(FEATURES)), 0.9)
    named = dict(
        zip(SIGNALS, signals("two words", x, np.array([3.0]), np.array([1.0])), strict=True)
    )

    assert named["lead"] == MAX_LEAD
    assert np.isfinite(named["share"])
    assert named["question_margin"] == pytest.approx(0.9 - RIVAL[QUESTION])
    assert named["words"] == pytest.approx(np.log(3))


def test_the_rest_of_the_confidence_is_spread_by_shares() -> None:
    shares = np.array([0.5, 0.3, 0.1])

    assert spread(0.5, shares) == pytest.approx([0.5, 0.3, 0.1])
    assert sum(spread(0.9, shares)) <= 1
    assert spread(0.1, shares) == pytest.approx([0.1, 0.06, 0.02])
    assert max(spread(0.2, np.array([0.01, 0.9]))) == 0.2, "none is surer than the best"
