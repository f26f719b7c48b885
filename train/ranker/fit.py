"""Fitting the ranker: how much each retriever counts for this team's data, and how sure to be.

A ranker is fitted on questions that the model was not trained on, each asked twice: so that its
answer can be found, and with its answer taken out, when nothing is right and silence would be.
Talk that is out of scope, which nothing answers either, is added. What a question looks like to the
bot:

- Where an answer has several wordings, each is asked as if it was not stored.
- Where it has one, there is nothing of the kind. Simulated questions can stand in (the stored one
  with noise, or withheld), but a ranker fitted to those alone learns the noise: on real queries it
  measured far worse than the shipped one (`benchmarks/ranking.py --part one_wording`). A team's
  ranker is fitted to real wordings only; the shipped one, whose data has both, to simulated ones
  too.

Both stages of `LearnedRanker` are logistic, and are drawn towards the constants they start from:
with little data they hardly move. The second stage, its calibration and the held-out curve see a
question only through a first stage that was fitted without its answer (out of fold).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from index.model.embedder import Embedder
from index.query.cleaning import read
from index.query.spelling import Speller, base_words
from index.ranking.calibration import Calibration, PrecisionCurve
from index.ranking.features import FEATURES, features, floors_of, gather
from index.ranking.ranker import SIGNALS, LearnedRanker, signals, spread
from index.store.types import Pair
from index.text import fold
from index.vectors import Matrix
from train.ranker.augmentation import augmented
from train.ranker.out_of_scope import OUT_OF_SCOPE
from train.ranker.simulated_search import SimulatedQuestion, SimulatedSearch, embedded

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# Below so many questions the constants it starts from are the better guess.
MIN_QUESTIONS = 40
# And below so many answers they are about.
MIN_ANSWERS = 15
MOST_QUESTIONS = 1500
FOLDS = 5
# Of the simulated questions, the share that is asked as if it was not stored. More finds the answer
# to a question unlike any stored one more often, and the right one of like questions less often.
WITHHELD = 0.3
# How much a question without an answer counts beside one with: the bot is asked mostly what it
# knows. More makes it too timid, which measured as a calibration error.
WITHOUT_ANSWER = 0.05
# The share of questions without an answer that thresholds are made for. They are harder than what
# people ask in vain, being taken from the FAQ's midst: with this, answers to real queries (none, or
# one in five, without an answer) were right at least as often as stated.
OUTSIDE = 0.1
# Standard deviation of the normal prior around the constants a fit starts from, in units of a
# feature's own standard deviation.
SPREAD = 1.0
# Of the second stage: how confidence follows from the signals differs little from FAQ to FAQ.
SECOND_SPREAD = 0.3
STEPS = 100


@dataclass(frozen=True)
class Example:
    """A question and the candidates it found.

    Attributes:
        x: Features; shape (candidates, len(FEATURES)).
        right: Row of the right answer; -1 where none of them is.
        group: The answer it is about; questions of one group stay together in a fold.
        weight: How much it counts.
    """

    text: str
    x: Floats
    right: int
    group: int
    weight: float


@dataclass(frozen=True)
class Judged:
    """The best answer to each question, by two rankers; arrays of shape (n,).

    Attributes:
        confidence: As the fitted ranker would have given it, out of fold.
        right: Whether its answer is.
        truth: The probability it gives to what is true: to the right answer, or to "none of
            them" where that was not found.
        before, right_before, truth_before: The same by the ranker there was.
        weight: How much the question counts; 1 where its answer could be found.
        group: The answer it is about.
    """

    confidence: Floats
    right: Bools
    truth: Floats
    before: Floats
    right_before: Bools
    truth_before: Floats
    weight: Floats
    group: Ints


@dataclass(frozen=True)
class Fit:
    """A fitted ranker, and how it does on questions it has not seen.

    Attributes:
        questions: What it was fitted on, the same question without its answer not counted.
        fitted: Whether there was enough; if not, the ranker is the one it started from.
        judged: None where nothing was fitted.
        parts: By feature, how much it moves the order: its weight times its standard deviation
            over a question's candidates, as a share of all.
    """

    ranker: LearnedRanker
    questions: int
    fitted: bool
    judged: Judged | None = None
    parts: dict[str, float] = field(default_factory=dict)


def questions_for(
    search: SimulatedSearch,
    pairs: Sequence[Pair],
    most: int = MOST_QUESTIONS,
    *,
    simulated: bool = False,
) -> list[SimulatedQuestion]:
    """The questions to fit on: always the same ones of the same pairs.

    Args:
        simulated: Whether answers with one wording take part.
    """
    wordings = np.bincount(search.answer_of, weights=[len(p.wordings) for p in search.pairs])
    questions: list[SimulatedQuestion] = []
    for pair in sorted(pairs, key=lambda pair: _draw(pair.id)):
        if len(questions) >= most:
            break
        position = search.position[pair.id]
        if wordings[search.answer_of[position]] > 1:
            questions += [SimulatedQuestion(text, position, unseen=True) for text in pair.wordings]
        elif simulated and _draw(pair.id, "withheld") < WITHHELD:
            questions.append(SimulatedQuestion(pair.question, position, unseen=True))
        elif simulated:
            questions.append(SimulatedQuestion(augmented(pair.question), position, unseen=False))
    return questions


def examples_for(
    search: SimulatedSearch,
    pairs: Sequence[Pair],
    embedder: Embedder,
    faq_vectors: Matrix,
    *,
    most: int = MOST_QUESTIONS,
    simulated: bool = False,
) -> list[Example]:
    """What to fit on, of some of an FAQ's pairs.

    Args:
        embedder: Of the model that the ranker is for.
        faq_vectors: Of the FAQ's texts, by that model; shape (len(search.texts), dimension).
        most: About so many questions, and the same without their answers.
        simulated: Whether answers with one wording take part.
    """
    speller = speller_of(search, embedder)
    # A stored wording is searched as it is; what people type is read first, and so is noise.
    questions = [
        question if question.unseen else replace(question, text=read(question.text, speller).text)
        for question in questions_for(search, pairs, most, simulated=simulated)
    ]
    vectors = embedded(embedder, search, questions, faq_vectors)
    # Always the same texts: from the cache.
    return examples_of(search, questions, vectors, faq_vectors, embedder.embed(OUT_OF_SCOPE))


def speller_of(search: SimulatedSearch, embedder: Embedder) -> Speller:
    """What mends typos as the bot with this FAQ and model would."""
    return Speller.of(search.texts, base_words(embedder.model.vocabulary()))


def examples_of(
    search: SimulatedSearch,
    questions: Sequence[SimulatedQuestion],
    vectors: Matrix,
    faq_vectors: Matrix,
    out_of_scope: Matrix | None = None,
) -> list[Example]:
    """Ask each question twice, and what is out of scope once.

    Args:
        vectors: Of the questions; shape (len(questions), dimension).
        faq_vectors: Of the FAQ's texts; shape (len(search.texts), dimension).
        out_of_scope: Of `OUT_OF_SCOPE`; shape (len(OUT_OF_SCOPE), dimension).
    """
    examples = _examples(search, questions, vectors, faq_vectors, 1.0)
    without = [replace(question, taken_out=True) for question in questions]
    examples += _examples(search, without, vectors, faq_vectors, WITHOUT_ANSWER)
    if out_of_scope is not None and questions:
        # All of it together counts a quarter of the questions whose answer was taken out.
        # (A weight of 1 is that of a question with an answer.)
        weight = min(0.9, WITHOUT_ANSWER * len(questions) / (4 * len(OUT_OF_SCOPE)))
        idle = [SimulatedQuestion(text, 0, unseen=False) for text in OUT_OF_SCOPE]
        found = _examples(search, idle, out_of_scope, faq_vectors, weight)
        examples += [replace(e, right=-1, group=-1 - i) for i, e in enumerate(found)]
    return examples


def _examples(
    search: SimulatedSearch,
    questions: Sequence[SimulatedQuestion],
    vectors: Matrix,
    faq_vectors: Matrix,
    weight: float,
) -> list[Example]:
    pairs = {pair.id: pair for pair in search.pairs}
    examples = []
    for question, hits in zip(
        questions, search.found(questions, vectors, faq_vectors), strict=True
    ):
        evidence = gather(hits, pairs)
        if not evidence:
            continue
        key = None if question.taken_out else fold(search.pairs[question.pair].answer)
        examples.append(
            Example(
                question.text,
                features(question.text, evidence, floors_of(hits)),
                next((i for i, e in enumerate(evidence) if e.answer_key == key), -1),
                int(search.answer_of[question.pair]),
                weight,
            )
        )
    return examples


def fit_order(examples: Sequence[Example], start: LearnedRanker) -> LearnedRanker:
    """Fit the first stage only, which puts answers in order; of few questions it is the start's."""
    if not _enough(examples):
        return start
    return _fit_first(_Batch(examples), np.ones(len(examples), dtype=np.bool_), start)


def fit_ranker(
    examples: Sequence[Example],
    start: LearnedRanker,
    before: LearnedRanker | None = None,
    *,
    outside: float = OUTSIDE,
) -> Fit:
    """Fit both stages and the calibration.

    Args:
        examples: As `examples_of` gives them, of one FAQ or of several.
        start: Where little data leaves the constants. Not those of an earlier fit to the same
            questions: they would count twice.
        before: What the outcome is compared with; by default the start.
        outside: The share of questions without an answer that thresholds are made for.
    """
    questions = _questions(examples)
    if not _enough(examples):
        return Fit(start, questions, fitted=False)
    batch = _Batch(examples)
    fold_of = _folds(batch.group)
    out_of_fold: dict[int, _Ranked] = {}
    for number in range(FOLDS):
        first = _fit_first(batch, fold_of != number, start)
        out_of_fold |= {
            i: _ranked(examples[i], first) for i in np.flatnonzero(fold_of == number).tolist()
        }
    ranked = [out_of_fold[i] for i in range(len(examples))]
    x = np.array([row.signals for row in ranked])
    right = np.array([row.place == 0 for row in ranked])
    weight = batch.weight
    log_odds = np.empty(len(examples))
    for number in range(FOLDS):
        inside = fold_of == number
        constants = _fit_second(x[~inside], right[~inside], weight[~inside], start)
        log_odds[inside] = constants[0] + x[inside] @ constants[1:]
    calibration, confidence = _calibrate(log_odds, right, weight, fold_of)
    constants = _fit_second(x, right, weight, start)
    first = _fit_first(batch, np.ones(len(examples), dtype=np.bool_), start)
    ranker = replace(
        first,
        signal_weights=_rounded(constants[1:]),
        intercept=round(float(constants[0]), 5),
        calibration=calibration,
        precision_curve=precision_curve(confidence, right, weight < 1.0, outside),
        questions=questions,
    )
    before = before or start
    ranked_before = [_ranked(example, before) for example in examples]
    confidence_before = np.array(
        [before.calibration.probability(before.log_odds(row.signals)) for row in ranked_before]
    )
    judged = Judged(
        confidence=confidence,
        right=right,
        truth=_truth(confidence, ranked),
        before=confidence_before,
        right_before=np.array([row.place == 0 for row in ranked_before]),
        truth_before=_truth(confidence_before, ranked_before),
        weight=weight,
        group=batch.group,
    )
    return Fit(ranker, questions, True, judged, _parts(batch, ranker))


def _questions(examples: Sequence[Example]) -> int:
    """How many there are, the same question without its answer not counted."""
    return sum(1 for example in examples if example.weight == 1.0)


def _enough(examples: Sequence[Example]) -> bool:
    answers = {example.group for example in examples if example.weight == 1.0}
    return _questions(examples) >= MIN_QUESTIONS and len(answers) >= MIN_ANSWERS


class _Batch:
    """Examples as padded arrays: features (n, candidates, features) and where they are real."""

    def __init__(self, examples: Sequence[Example]) -> None:
        most = max(len(example.x) for example in examples)
        self.x = np.zeros((len(examples), most, len(FEATURES)))
        self.real = np.zeros((len(examples), most), dtype=np.bool_)
        for row, example in enumerate(examples):
            self.x[row, : len(example.x)] = example.x
            self.real[row, : len(example.x)] = True
        self.right = np.array([example.right for example in examples])
        self.group = np.array([example.group for example in examples])
        self.weight = np.array([example.weight for example in examples])


def _fit_first(batch: _Batch, chosen: Bools, start: LearnedRanker) -> LearnedRanker:
    """The weights of the features and the score of "none": the likeliest, given the prior."""
    x, real, right = batch.x[chosen], batch.real[chosen], batch.right[chosen]
    weight = batch.weight[chosen]
    deviation = x[real].std(axis=0) + 1e-3
    middle = x[real].mean(axis=0)
    # In units of the features' deviations, around their means: "none" then stands for itself.
    x = (x - middle) / deviation
    known = np.flatnonzero(right >= 0)
    centre = np.append(
        np.asarray(start.weights) * deviation, start.none - np.asarray(start.weights) @ middle
    )

    def loss(constants: Floats) -> tuple[float, Floats]:
        scores = np.where(real, x @ constants[:-1], -np.inf)
        top = np.maximum(scores.max(axis=1), constants[-1])
        shares = np.exp(scores - top[:, None])
        none = np.exp(constants[-1] - top)
        total = shares.sum(axis=1) + none
        shares /= total[:, None]
        none /= total
        likelihood = none.copy()
        likelihood[known] = shares[known, right[known]]
        shares[known, right[known]] -= 1.0
        pull = (constants - centre) / SPREAD
        value = -(weight * np.log(likelihood + 1e-12)).sum() + 0.5 * (pull @ pull)
        by_weight = np.einsum("nm,nmf->f", weight[:, None] * shares, x)
        by_none = (weight * (none - (right < 0))).sum()
        return float(value), np.append(by_weight, by_none) + pull / SPREAD

    # Evidence for an answer never speaks against it; only what is said of "none" may be negative.
    bounds = [(0.0, None)] * len(FEATURES) + [(None, None)]
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found[:-1] / deviation
    return replace(
        start,
        weights=_rounded(weights),
        none=round(float(found[-1] + weights @ middle), 5),
    )


def _parts(batch: _Batch, ranker: LearnedRanker) -> dict[str, float]:
    # Around each question's own mean: what is the same for all its candidates moves nothing.
    count = batch.real.sum(axis=1)[:, None]
    centred = batch.x - (batch.x.sum(axis=1) / count)[:, None, :]
    moved = np.asarray(ranker.weights) * centred[batch.real].std(axis=0)
    shares = moved / max(float(moved.sum()), 1e-9)
    return dict(zip(FEATURES, shares.tolist(), strict=True))


@dataclass(frozen=True)
class _Ranked:
    """A question's candidates in a ranker's order.

    Attributes:
        signals: Of the best; shape (len(SIGNALS),).
        shares: Of the candidates, best first; shape (candidates,).
        place: Of the right one, from 0; -1 where none is.
    """

    signals: Floats
    shares: Floats
    place: int


def _ranked(example: Example, ranker: LearnedRanker) -> _Ranked:
    scores = example.x @ np.asarray(ranker.weights)
    order = np.argsort(-scores, kind="stable")
    x, scores = example.x[order], scores[order]
    shares = ranker.shares(scores)
    place = int(np.flatnonzero(order == example.right)[0]) if example.right >= 0 else -1
    return _Ranked(signals(example.text, x, scores, shares), shares, place)


def _truth(confidence: Floats, ranked: Sequence[_Ranked]) -> Floats:
    """The probability given to what is true, by the confidence in the best candidates."""
    truth = []
    for best, row in zip(confidence.tolist(), ranked, strict=True):
        each = spread(best, row.shares)
        truth.append(each[row.place] if row.place >= 0 else 1 - sum(each))
    return np.array(truth)


def _fit_second(x: Floats, right: Bools, weight: Floats, start: LearnedRanker) -> Floats:
    """Intercept and weights of the signals: the likeliest, given the prior."""
    deviation = np.append(1.0, x.std(axis=0) + 1e-3)
    middle = np.append(0.0, x.mean(axis=0))
    rows = (np.column_stack([np.ones(len(x)), x]) - middle) / deviation
    signal_weights = np.asarray(start.signal_weights)
    centre = np.append(
        start.intercept + signal_weights @ middle[1:], signal_weights * deviation[1:]
    )
    sign = np.where(right, 1.0, -1.0)

    def loss(constants: Floats) -> tuple[float, Floats]:
        z = sign * (rows @ constants)
        pull = (constants - centre) / SECOND_SPREAD
        value = (weight * np.logaddexp(0.0, -z)).sum() + 0.5 * (pull @ pull)
        share = weight * sign / (1.0 + np.exp(np.clip(z, -30, 30)))
        return float(value), pull / SECOND_SPREAD - rows.T @ share

    # As above; a longer question may be the easier or the harder one.
    bounds: list[tuple[float | None, float | None]] = [(0.0, None)] * len(centre)
    bounds[0] = bounds[1 + SIGNALS.index("words")] = (None, None)
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found[1:] / deviation[1:]
    return np.append(found[0] - weights @ middle[1:], weights)


def _calibrate(
    log_odds: Floats, right: Bools, weight: Floats, fold_of: Ints
) -> tuple[Calibration, Floats]:
    """The better of Platt's curve and isotonic regression, by log loss out of fold.

    Returns:
        The calibration fitted on everything, and the confidence of each row out of fold.
    """
    chosen: tuple[float, Calibration, Floats] | None = None
    for method in (_platt, _isotonic):
        confidence = np.empty(len(log_odds))
        for number in range(FOLDS):
            inside = fold_of == number
            fitted = method(log_odds[~inside], right[~inside], weight[~inside])
            confidence[inside] = [fitted.probability(z) for z in log_odds[inside]]
        clipped = np.clip(confidence, 1e-4, 1 - 1e-4)
        loss = -(weight * np.log(np.where(right, clipped, 1 - clipped))).sum()
        if chosen is None or loss < chosen[0]:
            chosen = float(loss), method(log_odds, right, weight), confidence
    assert chosen is not None
    return chosen[1], chosen[2]


def _platt(log_odds: Floats, right: Bools, weight: Floats) -> Calibration:
    """A logistic curve, with Platt's prior: as if one more of each kind had been seen."""
    positive, negative = weight[right].sum(), weight[~right].sum()
    target = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(constants: Floats) -> tuple[float, Floats]:
        z = constants[0] * log_odds + constants[1]
        value = (weight * (np.logaddexp(0.0, z) - target * z)).sum()
        slope = weight * (1.0 / (1.0 + np.exp(-np.clip(z, -30, 30))) - target)
        return float(value), np.array([slope @ log_odds, slope.sum()])

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return Calibration("platt", ((round(float(max(slope, 0.0)), 5), round(float(intercept), 5)),))


def _isotonic(log_odds: Floats, right: Bools, weight: Floats) -> Calibration:
    """A curve that only rises: isotonic regression's steps, joined from centre to centre.

    Steps would make equals of answers that are told apart. (Centred isotonic regression: Oron and
    Flournoy 2017, https://arxiv.org/abs/1701.05964; the ends follow Platt's curve.)
    """
    order = np.argsort(log_odds, kind="stable")
    x, w = log_odds[order], weight[order]
    y = IsotonicRegression(y_min=0.005, y_max=0.995).fit_transform(
        x, right[order].astype(float), sample_weight=w
    )
    # As many steps as a few kilobytes hold.
    _, step = np.unique(np.round(y, 2), return_inverse=True)
    total = np.bincount(step, w)
    centres = list(
        zip(np.bincount(step, w * x) / total, np.bincount(step, w * y) / total, strict=True)
    )
    ends = _platt(log_odds, right, weight)
    low = (x[0] - 1.0, min(centres[0][1], ends.probability(x[0] - 1.0)))
    high = (x[-1] + 1.0, max(centres[-1][1], ends.probability(x[-1] + 1.0)))
    return Calibration(
        "isotonic",
        tuple((round(float(a), 4), round(float(b), 5)) for a, b in (low, *centres, high)),
    )


def precision_curve(
    confidence: Floats, right: Bools, unanswerable: Bools, outside: float = OUTSIDE
) -> PrecisionCurve:
    """The curve of held-out answers, as if that share of questions had no answer in the FAQ.

    Thresholds follow from it. They must hold in a channel where people ask what nobody wrote
    down, so this share is a cautious one; the counts add up to the questions with an answer.
    """
    known = max(1, int((~unanswerable).sum()))
    weight = np.where(
        unanswerable, outside * known / max(1, int(unanswerable.sum())), 1.0 - outside
    )
    least = np.arange(STEPS + 1) / STEPS
    above = confidence[None, :] >= least[:, None]
    answers = np.round((above * weight).sum(axis=1)).astype(int)
    # Sums of shares fall short of whole numbers by less than this.
    rights = np.floor((above * (weight * right)).sum(axis=1) + 1e-6).astype(int)
    return PrecisionCurve(tuple(answers.tolist()), tuple(np.minimum(rights, answers).tolist()))


def _folds(group: Ints) -> Ints:
    """A fold for each example; one group's are in the same fold."""
    _, number = np.unique(group, return_inverse=True)
    shuffled = np.random.default_rng(0).permutation(int(number.max()) + 1)
    folds: Ints = shuffled[number] % FOLDS
    return folds


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)


def _draw(pair_id: str, purpose: str = "order") -> float:
    """A number from 0 to 1 that is always the same for a pair."""
    key = f"{purpose}\x1f{pair_id}".encode()
    digest = hashlib.blake2b(key, digest_size=8, person=b"faqbot-ranking").digest()
    return int.from_bytes(digest, "big") / 2**64
