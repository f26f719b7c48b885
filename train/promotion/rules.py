"""Whether a trained model goes live: a rule, its inputs, and its result in one line.

A candidate goes live where all of this holds:

- the mean reciprocal rank (MRR) of the held-out questions rises, and the lower end of the 95 %
  interval of the paired difference is above 0;
- the precision at 1 on them is not lower;
- no golden question that the live model gets right would be answered wrongly;
- no fewer questions would be answered automatically, unless the present automatic answers are
  proven to be worse than the stated precision.

A small FAQ has few held-out questions, and its interval is wide: there only a large gain is told
from chance, and otherwise the live model stays. That is on purpose: a refusal costs nothing.

A model that stays may still get a ranker that knows this team's questions better. One that was
fitted anew goes live where

- on the questions it was fitted on, judged out of fold, the log loss falls (of the probability
  given to what is true: this answer, or none), and the lower end of the 95 % interval of that
  gain is above 0;
- the share of right first answers is not proven lower: its interval reaches up to 0 at least;
- no golden question that the live index gets right would be answered wrongly;
- no fewer questions would be answered automatically, with the same exception.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from index.evaluation.bootstrap import Estimate
from index.jobs.enough import SideSizes, too_few
from index.jobs.results import AnswersChange, Basis
from index.ranking.calibration import upper_bound
from index.text import counted
from train.promotion.compare import Comparison, RankerComparison

RULE = (
    "the MRR's 95 % interval of the difference is above 0, precision@1 is not lower, "
    "no golden question flips to wrong, no automatic answers are lost that may be as right as "
    "stated"
)

RANKING_RULE = (
    "the log loss's 95 % interval of the gain is above 0, that of the right first answers is not "
    "below 0, no golden question flips to wrong, no automatic answers are lost that may be as "
    "right as stated"
)


@dataclass(frozen=True)
class PromotionDecision:
    """What was decided.

    Attributes:
        promote: Whether the candidate, a model or a ranker, goes live.
        reason: One line.
        inputs: What it was decided by, for the report.
    """

    promote: bool
    reason: str
    inputs: dict[str, Any]


def decide_promotion(
    held_out: Comparison,
    golden_flips: Sequence[int],
    answers: Sequence[AnswersChange],
    unfitted: Sequence[AnswersChange] = (),
) -> PromotionDecision:
    """Decide by the rule above.

    Args:
        held_out: Live model and candidate on the held-out questions, each wording as if it was
            not stored.
        golden_flips: Ids of the golden questions that the live model gets right and the candidate
            wrong.
        answers: What is answered automatically, at each stated precision.
        unfitted: The same for the candidate alone: by the constants that are shipped, and by the
            ranker that was fitted to it. Where the former are proven bad, it is right to ask first.
    """
    mrr, live, candidate = held_out.mrr_difference, held_out.live, held_out.candidate
    inputs = {
        "rule": RULE,
        "held_out_questions": held_out.questions,
        "held_out_pairs": held_out.pairs,
        "mrr_difference": _rounded(mrr),
        "precision_at_1": {
            "live": round(live.precision_at_1.value, 4),
            "candidate": round(candidate.precision_at_1.value, 4),
        },
        "golden_flips": list(golden_flips),
        "answers": [asdict(change) for change in answers],
    }
    found = (
        f"MRR {mrr.value:+.3f} ({mrr.low:+.3f} to {mrr.high:+.3f}) "
        f"on {counted(held_out.questions, 'held-out question')}"
    )
    precision = (
        f"precision@1 {live.precision_at_1.value:.3f} -> {candidate.precision_at_1.value:.3f}"
    )
    if golden_flips:
        return PromotionDecision(False, f"{flipped(golden_flips)}; {found}", inputs)
    if mrr.high < 0:
        return PromotionDecision(False, f"worse: {found}", inputs)
    if not mrr.low > 0:  # also where it is not a number
        return PromotionDecision(False, f"not proven better: {found}", inputs)
    if held_out.precision_difference.value < 0:
        return PromotionDecision(False, f"fewer first answers right: {precision}; {found}", inputs)
    if lost := lost_answers(answers, unfitted):
        return PromotionDecision(False, f"{lost}; {found}, {precision}", inputs)
    return PromotionDecision(True, f"better: {found}, {precision}", inputs)


def decide_ranking_promotion(
    comparison: RankerComparison | None,
    questions: int,
    golden_flips: Sequence[int],
    answers: Sequence[AnswersChange],
) -> PromotionDecision:
    """Decide whether a ranker that was fitted anew goes live with the live model.

    Args:
        comparison: With the present one; None where there were too few questions to fit it.
        questions: How many there were.
        golden_flips: Ids of the golden questions that the live index gets right and the new ranker
            wrong.
        answers: What is answered automatically, at each stated precision.
    """
    inputs: dict[str, Any] = {
        "rule": RANKING_RULE,
        "questions": questions,
        "golden_flips": list(golden_flips),
        "answers": [asdict(change) for change in answers],
    }
    if comparison is None:
        return PromotionDecision(
            False, f"{counted(questions, 'question is', 'questions are')} too few to fit it", inputs
        )
    loss, precision = comparison.log_loss_gain, comparison.precision_gain
    inputs |= {"log_loss_gain": _rounded(loss), "precision_gain": _rounded(precision)}
    found = (
        f"log loss {-loss.value:+.3f} ({-loss.high:+.3f} to {-loss.low:+.3f}), right first answers "
        f"{precision.value:+.3f} ({precision.low:+.3f} to {precision.high:+.3f}) "
        f"on {counted(comparison.questions, 'question')}"
    )
    if golden_flips:
        return PromotionDecision(False, f"{flipped(golden_flips)}; {found}", inputs)
    if not loss.low > 0:
        return PromotionDecision(False, f"not proven better: {found}", inputs)
    if precision.high < 0:
        return PromotionDecision(False, f"fewer right first answers: {found}", inputs)
    if lost := lost_answers(answers):
        return PromotionDecision(False, f"{lost}; the present ranking stays: {found}", inputs)
    return PromotionDecision(True, f"better: {found}", inputs)


def lost_answers(
    answers: Sequence[AnswersChange], unfitted: Sequence[AnswersChange] = ()
) -> str | None:
    """Why a change would take automatic answers away for no proven reason; None where it does not.

    Fewer of them are a gain only where the present ones are proven to be wrong more often than
    stated: few held-out questions prove little, however good the new ranking is.
    """
    proven_bad = {one.precision for one in (*answers, *unfitted) if _is_proven_bad(one)}
    for change in answers:
        if change.after < change.before and change.precision not in proven_bad:
            return (
                f"fewer questions would be answered without asking: {change.after} instead of "
                f"{change.before} of {change.questions}, and of those {change.before} "
                f"{change.right_before} are right, which is not proven to be less than "
                f"{change.precision:.0%}"
            )
    return None


def _is_proven_bad(change: AnswersChange) -> bool:
    """Whether what was answered before is surely right less often than stated."""
    return upper_bound(change.right_before, change.before) < change.precision


def flipped(golden: Sequence[int]) -> str:
    """What golden questions that flip to wrong say of a model, by their ids."""
    ids = ", ".join(str(i) for i in golden[:5]) + (", ..." if len(golden) > 5 else "")
    if len(golden) == 1:
        return f"golden question {ids} would be answered wrongly"
    return f"golden questions {ids} would be answered wrongly"


@dataclass(frozen=True)
class EarlierBasis:
    """What the last run that came to a decision was made from; None where that is unknown."""

    job_id: int
    basis: Basis | None


def why_not_now(
    sides: SideSizes,
    basis: Basis,
    earlier: EarlierBasis | None,
    *,
    changed: int,
    scheduled: bool,
    min_new: int,
) -> str | None:
    """Why a run is not worth starting, in one line; None where it is.

    Args:
        sides: The pairs there are.
        changed: Pairs that have changed since the earlier run.
        scheduled: Whether nobody but the clock asked for it.
    """
    if (reason := too_few(sides)) is not None:
        return reason
    if earlier is None:
        return None
    if earlier.basis == basis:
        return f"nothing has changed since retrain {earlier.job_id}: same data, model and settings"
    if scheduled and changed < min_new:
        return (
            f"too little is new: {counted(changed, 'pair')} changed since retrain "
            f"{earlier.job_id}, a nightly run starts from {min_new} ([train] min_new)"
        )
    return None


def _rounded(estimate: Estimate) -> dict[str, float]:
    return {key: round(value, 4) for key, value in asdict(estimate).items()}
