"""The report of a retrain: JSON for programs, Markdown and plots for people."""

import importlib.metadata
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.evaluation.bootstrap import Estimate
from index.jobs.results import RankingFigures, RetrainResult
from index.ranking.features import FEATURES
from index.ranking.names import published
from train.promotion import plots
from train.promotion.candidate import TrainedCandidate
from train.promotion.compare import UNSEEN, Answered, Comparison
from train.promotion.reliability import Reliability, reliability
from train.ranker.calibrate import OUTSIDE
from train.ranker.fit import MIN_ANSWERS, MIN_QUESTIONS, Fit

_CONFIDENCE = "confidence.png"
# Questions listed by their texts in the Markdown report, each way.
LISTED = 15
# Shares of right answers that an admin may ask for; the report says what each would take.
PRECISIONS = (0.8, 0.9, 0.95)
# Whose features are whose, in the words of the report.
RETRIEVERS = {
    "stored questions": ("question", "centroid"),
    "answers": ("answer", "answer_lead"),
    "keywords (BM25)": ("bm25", "bm25_share"),
    "equal words": ("overlap", "coverage", "exact"),
}
assert sorted(name for names in RETRIEVERS.values() for name in names) == sorted(FEATURES)
_PACKAGES = ("faqbot", "torch", "quaterion", "pytorch-lightning", "sentence-transformers")


def history(retrains: Sequence[tuple[int, RetrainResult]]) -> list[plots.Night]:
    """The retrains that came to a decision, oldest first.

    Args:
        retrains: Job ids and results, newest first.
    """
    return [
        plots.Night(
            job_id=job_id,
            promoted=result.promoted,
            precision_live=result.precision_at_1.live,
            precision_candidate=result.precision_at_1.candidate,
            mrr_live=result.mrr.live,
            mrr_candidate=result.mrr.candidate,
        )
        for job_id, result in reversed(retrains)
        if result.mrr and result.precision_at_1
    ]


def write(
    folder: Path,
    candidate: TrainedCandidate,
    result: RetrainResult,
    about: dict[str, Any],
) -> dict[str, Path]:
    """Write the report to a folder, without its plots.

    Args:
        result: What the job's row records.
        about: What else is to be known: the job, its settings, the data.

    Returns:
        The files by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    values = _values(candidate, result, about)
    (folder / "report.json").write_text(json.dumps(values, indent=2) + "\n", "utf-8")
    (folder / "report.md").write_text(_markdown(candidate, result, about), "utf-8")
    return {name: folder / name for name in ("report.json", "report.md")}


@dataclass(frozen=True)
class _Believed:
    """The ranker that was fitted to the model that is to answer, and the one it would replace."""

    of_trained: bool
    fit: Fit
    before: Reliability | None
    after: Reliability | None

    @classmethod
    def of(cls, candidate: TrainedCandidate) -> "_Believed":
        fit = candidate.refit.fit if candidate.refit else candidate.fit
        judged = fit.judged
        if judged is None:
            return cls(candidate.refit is None, fit, None, None)
        return cls(
            candidate.refit is None,
            fit,
            reliability(judged.before, judged.right_before, judged.weight),
            reliability(judged.confidence, judged.right, judged.weight),
        )


def ranking_figures(candidate: TrainedCandidate) -> RankingFigures:
    """What the job's row says of the ranker that was fitted; short."""
    believed = _Believed.of(candidate)
    after = believed.after
    return RankingFigures(
        model="trained" if believed.of_trained else "live",
        questions=believed.fit.questions,
        fitted=believed.fit.fitted,
        error=round(after.error, 4) if after else None,
        auroc=_number(after.auroc) if after else None,
    )


def draw(
    folder: Path, candidate: TrainedCandidate, nights: Sequence[plots.Night]
) -> dict[str, Path]:
    """Draw the report's plots into its folder; returns them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    held_out, fitted = candidate.held_out, candidate.fitted
    plots.nights(folder / "nights.png", nights)
    plots.flips(folder / "flips.png", held_out.live, held_out.candidate)
    plots.training(folder / "training.png", fitted.curves, fitted.best_epoch)
    names = ["nights.png", "flips.png", "training.png"]
    believed = _Believed.of(candidate)
    if believed.before and believed.after:
        plots.confidence(folder / _CONFIDENCE, believed.before, believed.after)
        names.append(_CONFIDENCE)
    return {name: folder / name for name in names}


def _values(
    candidate: TrainedCandidate, result: RetrainResult, about: dict[str, Any]
) -> dict[str, Any]:
    fitted = candidate.fitted
    return {
        **about,
        "result": result.to_json(),
        "decision": {
            "promote": candidate.decision.promote,
            "reason": candidate.decision.reason,
            **candidate.decision.inputs,
        },
        "metrics": {
            side: {view: answered.comparison.as_dict() for view, answered in views.items()}
            for side, views in candidate.sides.items()
        },
        "golden": {
            "checked": candidate.golden.checked,
            "live_right": candidate.golden.live_right,
            "flipped": [golden.id for golden in candidate.golden.flipped],
            "mended": [golden.id for golden in candidate.golden.mended],
        },
        "ranking": _ranking(candidate),
        "flips": [
            {
                "pair": candidate.search.pairs[candidate.held_out.questions[i].pair].id,
                "rank_live": int(candidate.held_out.live[i]),
                "rank_candidate": int(candidate.held_out.candidate[i]),
            }
            for i in (*_flipped(candidate.held_out, better=True), *_flipped(candidate.held_out))
        ],
        "training": {
            "depth": fitted.depth,
            "head": fitted.head,
            "batch_size": fitted.batch_size,
            "best_epoch": fitted.best_epoch,
            "encode_seconds": round(fitted.encode_seconds, 2),
            "train_seconds": round(fitted.train_seconds, 2),
            "curves": fitted.curves,
            "notes": fitted.notes,
        },
        "texts": {"all": candidate.texts, "encoded": candidate.texts_encoded},
        "versions": {"python": platform.python_version(), **_versions()},
    }


def _ranking(candidate: TrainedCandidate) -> dict[str, Any]:
    believed = _Believed.of(candidate)
    fit, before, after = believed.fit, believed.before, believed.after
    values: dict[str, Any] = ranking_figures(candidate).to_json() | {
        "decision": None,
        "ranker": {published(name): value for name, value in asdict(fit.ranker).items()},
        "features": {published(name): round(share, 4) for name, share in fit.parts.items()},
        "retrievers": {name: round(share, 4) for name, share in _by_retriever(fit).items()},
        "thresholds": [
            {"precision": precision, "confidence": confidence, "answered": _number(answered)}
            for precision, confidence, answered in _thresholds(fit)
        ],
    }
    if candidate.refit:
        decision = candidate.refit.decision
        values["decision"] = {
            "promote": decision.promote,
            "reason": decision.reason,
            **decision.inputs,
        }
    for place, (name, measured) in enumerate((("before", before), ("after", after))):
        if measured:
            values[name] = {
                "precision_at_1": round(_first_right(fit)[place], 4),
                "error": round(measured.error, 4),
                "auroc": _number(measured.auroc),
                "bins": [asdict(part) for part in measured.bins],
            }
    return values


def _thresholds(fit: Fit) -> list[tuple[float, float | None, float]]:
    """For each precision: the confidence it takes, and the share of questions answered then."""
    curve = fit.ranker.precision_curve
    rows: list[tuple[float, float | None, float]] = []
    for precision in PRECISIONS:
        confidence = curve.threshold(precision)
        answered = 0.0
        if confidence is not None:
            answered = curve.at(confidence)[0] / curve.answers[0]
        rows.append((precision, confidence, answered))
    return rows


def _first_right(fit: Fit) -> tuple[float, float]:
    """How often the right answer, where there is one, comes first: before, and fitted."""
    judged = fit.judged
    assert judged is not None
    known = judged.weight == 1.0
    return float(judged.right_before[known].mean()), float(judged.right[known].mean())


def _by_retriever(fit: Fit) -> dict[str, float]:
    if not fit.parts:
        return {}
    return {
        retriever: sum(fit.parts[name] for name in names) for retriever, names in RETRIEVERS.items()
    }


def _number(value: float) -> float | None:
    """Rounded for JSON, which has no word for what is not a number."""
    return round(value, 4) if np.isfinite(value) else None


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found


def _markdown(candidate: TrainedCandidate, result: RetrainResult, about: dict[str, Any]) -> str:
    data, fitted = about["data"], candidate.fitted
    lines = [
        f"# Retrain {about['job']}: {_heading(result, candidate)}",
        "",
        _sentence(result.reason),
        "",
        f"- When: {about['when']}",
        f"- Data: revision {data['revision']} of the store, {data['pairs']} pairs: "
        f"{data['train']} to train on, {data['develop']} to see when to stop, "
        f"{data['held_out']} held out",
        f"- Model: depth {fitted.depth}, head {fitted.head}, trained from {about['live_model']}; "
        f"epoch {fitted.best_epoch} of {len(fitted.curves)} was kept",
        f"- Texts: {candidate.texts}, of which {candidate.texts_encoded} were new",
        f"- Time: {sum(about['seconds'].values()):.0f} s ("
        + ", ".join(f"{step} {seconds:.0f}" for step, seconds in about["seconds"].items())
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
        *_listed("Now first, not before", candidate, _flipped(candidate.held_out, better=True)),
        *_listed("No longer first", candidate, _flipped(candidate.held_out)),
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
        f"{view} ({comparison.questions} questions of {comparison.pairs} pairs):",
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


def _flipped(answered: Answered, *, better: bool = False) -> list[int]:
    """Positions of the questions that only one model has right, the largest move first."""
    before, after = answered.live, answered.candidate
    if better:
        before, after = after, before
    chosen = np.flatnonzero((before == 1) & (after > 1))
    return [int(i) for i in chosen[np.argsort(-after[chosen], kind="stable")]]


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
    believed = _Believed.of(candidate)
    fit, before, after = believed.fit, believed.before, believed.after
    if not (before and after):
        return [
            f"{fit.questions} questions are too few to fit a ranker to ({MIN_QUESTIONS} are "
            f"needed, of {MIN_ANSWERS} answers or more that have several wordings): the constants "
            "that were shipped stay."
        ]
    model = "trained" if believed.of_trained else "live"
    was = "as shipped" if believed.of_trained else "in use"
    lines = [
        f"A ranker was fitted to the {model} model, on {fit.questions} questions that it was not "
        "trained on, each with and without its answer in the FAQ. Each is judged by a fit that "
        "has not seen its answer.",
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
    parts = ", ".join(f"{name} {share:.0%}" for name, share in _by_retriever(fit).items())
    method = fit.ranker.calibration.method.capitalize()
    first = _first_right(fit)
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
        *(_threshold(*row) for row in _thresholds(fit)),
        "",
        f"![Confidence]({_CONFIDENCE})",
    ]


def _threshold(precision: float, confidence: float | None, answered: float) -> str:
    if confidence is None:
        return f"- {precision:.0%}: not proven: too few held-out answers for it, or too many wrong"
    return (
        f"- {precision:.0%}: answers from confidence {confidence:.2f} on: {answered:.0%} of the "
        "questions answered"
    )
