"""The ranker learns from a team's pairs whom to trust, and how sure to be."""

import random
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.ranking.calibration import Calibration
from index.ranking.features import FEATURES
from index.ranking.ranker import SIGNALS, LearnedRanker
from index.ranking.ranker_file import shipped
from index.store import Store
from index.text import fold
from index.vectors import Matrix
from tests.train.ranker.test_simulated_search import pair
from train.data import Snapshot
from train.promotion.reliability import reliability
from train.ranker import fit as module
from train.ranker.fit import (
    FOLDS,
    MIN_QUESTIONS,
    OUTSIDE,
    WITHOUT_ANSWER,
    Example,
    Fit,
    Floats,
    examples_for,
    examples_of,
    fit_order,
    fit_ranker,
    precision_curve,
    questions_for,
)
from train.ranker.out_of_scope import OUT_OF_SCOPE
from train.ranker.simulated_search import SimulatedQuestion, SimulatedSearch

DIMENSION = 16
# Words that say nothing.
SMALL = ("how", "do", "i", "get", "this", "to", "work", "again", "for", "my", "team", "when", "not")


def unit(rows: Floats) -> Matrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@cache
def asked_of(kind: str, questions: int) -> tuple[Example, ...]:
    """Examples of an FAQ.

    Args:
        kind: "codes": questions differ by an error code, which the embedding cannot tell apart;
            "chatty": they use the same few words, and the embedding knows what is meant.
    """
    generator = np.random.default_rng(5)
    words = random.Random(5)
    meaning = generator.normal(size=(questions, DIMENSION))
    pairs, asked_texts = [], []
    for i in range(questions):
        if kind == "codes":
            pairs.append(pair(f"{i:04}", f"what does error E{i:04} mean", f"See part {i}."))
            asked_texts.append(f"E{i:04} after the update")
        else:
            pairs.append(pair(f"{i:04}", " ".join(words.sample(SMALL, 7)), f"Do step {i}."))
            asked_texts.append(" ".join(words.sample(SMALL, 7)))
    if kind == "codes":
        meaning = np.ones(DIMENSION) + 0.2 * generator.normal(size=meaning.shape)
    search = SimulatedSearch(pairs)
    position = {text: i for i, p in enumerate(pairs) for text in (p.question, p.answer)}
    of = np.array([position[text] for text in search.texts])
    vectors = unit(meaning[of] + 0.05 * generator.normal(size=(len(of), DIMENSION)))
    if kind == "codes":
        near = np.ones(DIMENSION) + 0.2 * generator.normal(size=meaning.shape)
    else:
        near = meaning + 0.5 * generator.normal(size=meaning.shape)
    questions = [
        SimulatedQuestion(t, search.position[p.id], False)
        for t, p in zip(asked_texts, pairs, strict=True)
    ]
    out_of_scope = unit(generator.normal(size=(len(OUT_OF_SCOPE), DIMENSION)))
    return tuple(examples_of(search, questions, unit(near), vectors, out_of_scope))


@cache
def fit_to(kind: str, questions: int = 200) -> Fit:
    return fit_ranker(asked_of(kind, questions), shipped())


def bm25_share(fit: Fit) -> float:
    return fit.parts["bm25"] + fit.parts["bm25_share"]


def first_right(fit: Fit) -> float:
    assert fit.judged
    return float(fit.judged.right[fit.judged.weight == 1.0].mean())


def test_it_learns_which_retriever_to_trust() -> None:
    codes, chatty = fit_to("codes"), fit_to("chatty")

    assert bm25_share(codes) > 2 * bm25_share(chatty)
    assert first_right(codes) > 0.95
    assert first_right(chatty) > 0.8
    assert sum(codes.parts.values()) == pytest.approx(1)


def test_one_fixed_fusion_would_be_wrong_on_one_of_them() -> None:
    weights = fit_to("codes").ranker.weights
    examples = asked_of("chatty", 200)

    known = [e for e in examples if e.weight == 1.0]
    right = [int(np.argmax(e.x @ np.asarray(weights))) == e.right for e in known]

    assert np.mean(right) < first_right(fit_to("chatty")) - 0.05


@pytest.mark.parametrize("kind", ["codes", "chatty"])
def test_confidence_is_low_where_nothing_is_right(kind: str) -> None:
    judged = fit_to(kind).judged
    assert judged
    known = judged.weight == 1.0

    found, without = judged.confidence[known], judged.confidence[~known]

    assert np.median(without) < np.median(found) - 0.2
    balanced = np.where(known, 1.0, known.sum() / (~known).sum())
    assert reliability(judged.confidence, judged.right, balanced).auroc > 0.85


def test_confidence_is_calibrated_out_of_fold() -> None:
    judged = fit_to("chatty", 400).judged
    assert judged

    after = reliability(judged.confidence, judged.right, judged.weight)
    before = reliability(judged.before, judged.right_before, judged.weight)

    assert after.error < 0.06
    assert after.error < before.error


def test_evidence_never_counts_against_an_answer() -> None:
    upside_down = [replace(e, x=1 - e.x) for e in asked_of("chatty", 200)]

    for examples in (asked_of("codes", 200), upside_down):
        ranker = fit_ranker(examples, shipped()).ranker
        assert min(ranker.weights) >= 0
        by_signal = dict(zip(SIGNALS, ranker.signal_weights, strict=True))
        assert min(weight for name, weight in by_signal.items() if name != "words") >= 0
        log_odds = np.linspace(-10, 10, 200)
        curve = [ranker.calibration.probability(z) for z in log_odds.tolist()]
        assert curve == sorted(curve)


def test_little_data_stays_near_the_start() -> None:
    few, some, many = (bm25_share(fit_to("codes", n)) for n in (MIN_QUESTIONS, 200, 600))

    assert few < some < many
    assert few < 0.5 * many


def test_fewer_questions_leave_the_start() -> None:
    examples = asked_of("chatty", MIN_QUESTIONS - 1)

    fit = fit_ranker(examples, shipped())

    assert (fit.ranker, fit.fitted, fit.judged) == (shipped(), False, None)
    assert fit.questions == MIN_QUESTIONS - 1, "without the answer, and out of scope, do not count"
    assert fit_order(examples, shipped()) == shipped()


def test_equal_data_give_equal_constants() -> None:
    examples = asked_of("chatty", 200)

    assert fit_ranker(examples, shipped()).ranker == fit_to("chatty").ranker
    order = fit_order(examples, shipped())
    assert order.weights == fit_to("chatty").ranker.weights
    assert order.calibration == shipped().calibration


def test_a_fit_knows_what_was_there_before() -> None:
    examples = asked_of("codes", 200)
    live = fit_to("codes").ranker

    again = fit_ranker(examples, shipped(), before=live)

    assert again.ranker == live, "what it is compared with does not change it"
    assert again.judged
    assert first_right(again) == pytest.approx(
        again.judged.right_before[again.judged.weight == 1.0].mean(), abs=0.03
    )
    assert not np.array_equal(again.judged.before, again.judged.confidence), "that is out of fold"


def test_the_truth_is_an_answer_or_none_of_them() -> None:
    judged = fit_to("chatty").judged
    assert judged
    known = judged.weight == 1.0

    assert judged.truth[judged.right] == pytest.approx(judged.confidence[judged.right])
    assert np.all(judged.truth[~known] <= 1 - judged.confidence[~known] + 1e-9)
    assert np.all((judged.truth >= -1e-9) & (judged.truth <= 1))


def test_questions_of_one_answer_are_in_one_fold() -> None:
    groups = np.repeat(np.arange(-50, 50), 3)

    folds = module._folds(groups)

    assert all(len(set(folds[groups == group])) == 1 for group in groups)
    assert np.bincount(folds).tolist() == [60] * FOLDS


def test_isotonic_calibration_makes_no_equals_of_answers_told_apart() -> None:
    generator = np.random.default_rng(0)
    log_odds = np.sort(generator.normal(scale=3, size=800))
    right = generator.random(800) < 1 / (1 + np.exp(-np.sign(log_odds) * 2))

    calibration = module._isotonic(log_odds, right, np.ones(800))

    assert calibration.method == "isotonic"
    inner = np.linspace(log_odds[0], log_odds[-1], 50).tolist()
    curve = [calibration.probability(z) for z in inner]
    assert all(a < b for a, b in pairwise(curve))
    assert calibration.probability(-1e9) == calibration.points[0][1]
    assert calibration.probability(1e9) == calibration.points[-1][1]
    assert 0 < curve[0] < 0.25
    assert 0.75 < curve[-1] < 1


def test_platt_calibration_finds_the_curve() -> None:
    generator = np.random.default_rng(0)
    log_odds = generator.normal(scale=2, size=5000)
    right = generator.random(5000) < 1 / (1 + np.exp(-(0.5 * log_odds - 1)))

    calibration = module._platt(log_odds, right, np.ones(5000))

    assert calibration.method == "platt"
    assert calibration.points[0] == pytest.approx((0.5, -1), abs=0.1)


def test_the_held_out_curve_counts_answers_by_confidence() -> None:
    confidence = np.array([0.95, 0.5, 0.2, 0.9] * 300)
    right = np.array([True, True, False, False] * 300)
    unanswerable = np.array([False, False, False, True] * 300)

    curve = precision_curve(confidence, right, unanswerable)

    # As many as there are questions with an answer, a share of them without one.
    assert curve.answers[0] == 900
    within, outside = (1 - OUTSIDE) * 300, OUTSIDE * 900
    assert curve.right[0] == within * 2
    assert (curve.answers[20], curve.answers[21]) == (900, within * 2 + outside)
    assert (curve.answers[91], curve.right[91]) == (within, within)
    assert (curve.answers[96], curve.right[96]) == (0, 0)


def test_a_threshold_holds_with_questions_from_outside() -> None:
    fit = fit_to("chatty", 600)
    threshold = fit.ranker.threshold(0.9)
    assert threshold is not None
    assert fit.judged

    chosen = fit.judged.confidence >= threshold

    known = fit.judged.weight == 1.0
    weight = np.where(known, (1 - OUTSIDE) / known.sum(), OUTSIDE / (~known).sum())
    assert np.average(fit.judged.right[chosen], weights=weight[chosen]) >= 0.9
    assert chosen[known].mean() > 0.3
    assert fit_to("chatty", MIN_QUESTIONS).ranker.threshold(0.99) is None, "too few to prove it"


def test_each_question_is_asked_with_its_answer_and_without_and_out_of_scope_once() -> None:
    examples = asked_of("chatty", 100)

    known = [e for e in examples if e.weight == 1.0]
    without = [e for e in examples if e.weight == WITHOUT_ANSWER]
    out_of_scope = examples[len(known) + len(without) :]

    assert len(known) == len(without) == 100
    assert [e.text for e in known] == [e.text for e in without]
    assert [e.group for e in known] == [e.group for e in without]
    assert [e.text for e in out_of_scope] == list(OUT_OF_SCOPE)
    assert {e.right for e in (*without, *out_of_scope)} == {-1}
    assert sum(e.weight for e in out_of_scope) == pytest.approx(100 * WITHOUT_ANSWER / 4)
    assert len({e.group for e in out_of_scope}) == len(OUT_OF_SCOPE)
    assert all(e.x.shape[1] == len(FEATURES) for e in examples)


def test_a_team_s_ranker_is_fitted_to_real_wordings_only(reworded: Snapshot) -> None:
    search = SimulatedSearch(reworded.pairs)

    questions = questions_for(search, reworded.pairs)

    assert questions
    assert all(q.unseen and len(search.pairs[q.pair].wordings) > 1 for q in questions)


def test_wordings_of_few_answers_are_too_few() -> None:
    examples = [replace(e, group=e.group % 10) for e in asked_of("codes", 100)]

    assert not fit_ranker(examples, shipped()).fitted
    assert fit_order(examples, shipped()) == shipped()


def test_simulated_questions_stand_in_for_answers_with_one_wording(reworded: Snapshot) -> None:
    search = SimulatedSearch(reworded.pairs)

    questions = questions_for(search, reworded.pairs, simulated=True)

    of_one = [q for q in questions if len(search.pairs[q.pair].wordings) == 1]
    assert all(q.unseen for q in questions if q not in of_one)
    unseen = [q for q in of_one if q.unseen]
    assert 0 < len(unseen) < len(of_one)
    for question in of_one:
        own = search.pairs[question.pair].question
        assert (fold(question.text) == fold(own)) is question.unseen
    assert questions == questions_for(search, tuple(reversed(reworded.pairs)), simulated=True)
    few = questions_for(search, reworded.pairs, most=10, simulated=True)
    assert 10 <= len(few) < 13, "whole pairs"
    assert few == questions[: len(few)]


def test_noise_is_read_as_the_bot_reads_what_people_type(
    reworded: Snapshot, base_models: Path, helpdesk_store: Store
) -> None:
    embedder = Embedder(ServedModel.load(base_models, "base", "cpu"), helpdesk_store.embeddings)
    search = SimulatedSearch(reworded.pairs)

    vectors = embedder.embed(list(search.texts))
    examples = examples_for(search, reworded.pairs, embedder, vectors, simulated=True)

    typed = questions_for(search, reworded.pairs, simulated=True)
    known = [e for e in examples if e.weight == 1.0]
    changed = [q for q, e in zip(typed, known, strict=True) if q.text != e.text]
    assert changed, "greetings are taken off, typos mended"
    assert not any(question.unseen for question in changed), "stored wordings stay as they are"


def test_a_neutral_start_is_no_worse_with_much_data() -> None:
    """The shipped constants help with little data, and do no harm with much."""
    neutral = LearnedRanker((0.0,) * len(FEATURES), 0.0, (0.0,) * len(SIGNALS), 0.0, Calibration())

    fit = fit_ranker(asked_of("codes", 600), neutral)

    assert first_right(fit_to("codes", 600)) == pytest.approx(first_right(fit), abs=0.03)
