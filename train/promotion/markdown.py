"""The report of a retrain as Markdown, for people."""

from collections.abc import Sequence

from index.evaluation.bootstrap import Estimate
from index.jobs.results import RetrainResult
from index.text import counted
from train.promotion.candidate import TrainedCandidate
from train.promotion.compare import UNSEEN, Comparison
from train.promotion.figures import (
    FittedRanking,
    RunDescription,
    by_retriever,
    first_right,
    flipped,
    thresholds,
)
from train.ranker.calibrate import OUTSIDE
from train.ranker.fit import MIN_ANSWERS, MIN_QUESTIONS

# Questions listed by their texts, each way.
LISTED = 15
CONFIDENCE = "confidence.png"


def markdown(candidate: TrainedCandidate, result: RetrainResult, about: RunDescription) -> str:
    """The whole report."""
    data, fitted = about.data, candidate.fitted
    lines = [
        f"# Retrain {about.job}: {_heading(result, candidate)}",
        "",
        *([result.what_changes, ""] if result.what_changes else []),
        _sentence(result.reason),
        "",
        f"- When: {about.when}",
        f"- Data: revision {data.revision} of the store, {counted(data.pairs, 'pair')}: "
        f"{data.train} to train on, {data.develop} to see when to stop, "
        f"{data.held_out} held out",
        f"- Model: depth {fitted.depth}, head {fitted.head}, trained from {about.live_model}; "
        f"epoch {fitted.best_epoch} of {len(fitted.curves)} was kept",
        f"- Texts: {candidate.texts}, of which {candidate.texts_encoded} were new",
        f"- Time: {sum(about.seconds.values()):.0f} s ("
        + ", ".join(f"{step} {seconds:.0f}" for step, seconds in about.seconds.items())
        + ")",
        *(f"- Note: {note}" for note in fitted.notes),
        "",
        "## Held-out questions",
        "",
        "No model was ever trained on the pairs that are held out. Here both models were asked "
        "their questions: each pair's own and its further wordings, so there are more questions "
        "than pairs. A pair that shares a wording with one trained on is left out.",
        "",
    ]
    for view, answered in candidate.sides["held_out"].items():
        lines += _table(_VIEWS[view], answered.comparison)
    lines += [
        *_READING,
        "",
        "![What flipped](flips.png)",
        "",
        *_listed("Now first, not before", candidate, flipped(candidate.held_out, better=True)),
        *_listed("No longer first", candidate, flipped(candidate.held_out)),
        "## Golden questions",
        "",
        *_golden(candidate),
        "",
        "## Confidence",
        "",
        "How sure the bot is of an answer: of those given with 70 %, 70 of 100 should be right.",
        "",
        *_confidence(candidate),
        "",
        "## Training",
        "",
        "![Training](training.png)",
        "",
        "## Night after night",
        "",
        "![Nights](nights.png)",
        "",
    ]
    return "\n".join(lines)


_VIEWS = {
    UNSEEN: "As the bot meets a new wording",
    "question_to_answer": "Each pair's question, looked for among the answers only",
    "phrasing_to_question": "Further wordings, looked for among the questions only",
}
_READING = (
    "- **precision@1**: the share of the questions whose right answer comes first.",
    "- **MRR** (mean reciprocal rank): a right answer in first place counts 1, in second 1/2, in "
    "third 1/3; this is the mean.",
    "- **difference**: in brackets the range that it lies in with 95 % certainty (a bootstrap: the "
    "comparison is repeated with pairs drawn by lot). Where the range does not reach down to 0, "
    "the gain is hardly luck.",
)


def _heading(result: RetrainResult, candidate: TrainedCandidate) -> str:
    if result.dry_run:
        return "tried, nothing changed"
    if result.went_live == "ranking":
        return f"the model stays, its ranking was fitted anew ({result.model_version})"
    if result.went_live:
        return f"{result.model_version} went live"
    return "better, but not live" if candidate.goes_live else "refused"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _table(view: str, comparison: Comparison) -> list[str]:
    live, candidate = comparison.live, comparison.candidate
    return [
        f"{view} ({counted(comparison.questions, 'question')} of "
        f"{counted(comparison.pairs, 'pair')}):",
        "",
        "| | live | trained | difference |",
        "|---|---|---|---|",
        f"| precision@1 | {live.precision_at_1.value:.3f} | {candidate.precision_at_1.value:.3f} "
        f"| {_difference(comparison.precision_difference)} |",
        f"| MRR | {live.mrr.value:.3f} | {candidate.mrr.value:.3f} "
        f"| {_difference(comparison.mrr_difference)} |",
        "",
    ]


def _difference(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})"


def _listed(title: str, candidate: TrainedCandidate, positions: Sequence[int]) -> list[str]:
    if not positions:
        return []
    answered = candidate.held_out
    lines = [f"### {title} ({len(positions)})", "", "The rank is the right answer's place.", ""]
    lines.append("| question | rank live | rank trained |")
    lines.append("|---|---|---|")
    for i in positions[:LISTED]:
        text = answered.questions[i].text.replace("|", "\\|")
        lines.append(f"| {text} | {answered.live[i]} | {answered.candidate[i]} |")
    if len(positions) > LISTED:
        lines.append(f"| and {len(positions) - LISTED} more, in report.json | | |")
    return [*lines, ""]


def _golden(candidate: TrainedCandidate) -> list[str]:
    checked = candidate.golden
    if not checked.checked:
        return ["There are none. Pin some with `faqbot golden add`."]
    lines = [
        f"{checked.checked} checked; the live model has {checked.live_right} right, "
        f"{len(checked.flipped)} flip to wrong, {len(checked.mended)} to right."
    ]
    lines += [f"- flips to wrong: {g.question} (golden question {g.id})" for g in checked.flipped]
    return lines


def _confidence(candidate: TrainedCandidate) -> list[str]:
    fitted_ranking = FittedRanking.of(candidate)
    fit, before, after = fitted_ranking.fit, fitted_ranking.before, fitted_ranking.after
    if not (before and after):
        return [
            f"{fit.questions} questions are too few to fit a ranker to ({MIN_QUESTIONS} are "
            f"needed, of {MIN_ANSWERS} answers or more that have several wordings): the constants "
            "that were shipped stay."
        ]
    model = "trained" if fitted_ranking.of_trained else "live"
    was = "as shipped" if fitted_ranking.of_trained else "in use"
    lines = [
        f"A ranker was fitted to the {model} model, on {counted(fit.questions, 'question')} that "
        "it was not trained on, each with and without its answer in the FAQ. Each is judged by a "
        "fit that has not seen its answer.",
        "",
    ]
    if not candidate.refit and not fit.ranker.questions:
        lines += ["It was not proven better than the constants that are shipped, which stay.", ""]
    if candidate.refit:
        verdict = "It goes live" if candidate.refit.decision.promote else "The one in use stays"
        lines += [f"{verdict}: {candidate.refit.decision.reason}.", ""]
        if candidate.refit.seen:
            lines += [
                "The one in use was fitted to some of these questions itself, and looks better on "
                "them than it is: a new one has to be better even so.",
                "",
            ]
    parts = ", ".join(f"{name} {share:.0%}" for name, share in by_retriever(fit).items())
    method = fit.ranker.calibration.method.capitalize()
    first = first_right(fit)
    return [
        *lines,
        f"| | {was} | fitted |",
        "|---|---|---|",
        f"| right answer first | {first[0]:.3f} | {first[1]:.3f} |",
        f"| confidence off by, on average | {before.error:.3f} | {after.error:.3f} |",
        f"| right answers told from wrong ones (AUROC) | {before.auroc:.3f} | {after.auroc:.3f} |",
        "",
        f"Calibration by {method}. What the order follows: {parts}.",
        "",
        "What it takes, with the fitted ranker, for so many of the automatic answers to be right, "
        f"as if {OUTSIDE:.0%} of what is asked had no answer in the FAQ:",
        "",
        *(_threshold(*row) for row in thresholds(fit)),
        "",
        f"![Confidence]({CONFIDENCE})",
    ]


def _threshold(precision: float, confidence: float | None, answered: float) -> str:
    if confidence is None:
        return f"- {precision:.0%}: not proven: too few held-out answers for it, or too many wrong"
    return (
        f"- {precision:.0%}: answers from confidence {confidence:.2f} on: {answered:.0%} of the "
        "questions answered"
    )
