"""The figures of a report: what report.json says, and what the Markdown is written from."""

import importlib.metadata
import platform
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from index.jobs.results import RankingFigures, RetrainResult
from index.ranking.features import FEATURES
from index.ranking.names import published
from index.store.sides import apart
from train.promotion.candidate import TrainedCandidate
from train.promotion.compare import Answered
from train.promotion.context import RetrainRun
from train.promotion.reliability import Reliability, reliability
from train.ranker.fit import Fit

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


@dataclass(frozen=True)
class SnapshotSizes:
    """The pairs that a run went by: how many, and on which side.

    Attributes:
        revision: The store's.
        held_out_worded_as_trained: Held out, but left out of the comparison: they share a wording
            with a pair that was trained on.
    """

    revision: int
    pairs: int
    train: int
    develop: int
    held_out: int
    held_out_worded_as_trained: int


@dataclass(frozen=True)
class RunDescription:
    """What a report says of the run itself; its fields are keys of report.json.

    Attributes:
        job: The job's id.
        when: Local date and time of the end of the comparison.
        seconds: How long each step took.
    """

    job: int
    when: str
    live_model: str
    settings: dict[str, Any]
    data: SnapshotSizes
    seconds: dict[str, float]

    @classmethod
    def of(cls, run: RetrainRun, when: datetime) -> "RunDescription":
        """The description of a run as it is now."""
        snapshot = run.snapshot
        return cls(
            job=run.order.claim.job_id,
            when=f"{when:%F %H:%M %Z}",
            live_model=run.live.model_version,
            settings=run.settings.model_dump(mode="json"),
            data=SnapshotSizes(
                revision=snapshot.revision,
                pairs=len(snapshot.pairs),
                train=len(snapshot.train),
                develop=len(snapshot.develop),
                held_out=len(snapshot.held_out),
                held_out_worded_as_trained=len(snapshot.held_out)
                - len(apart(snapshot.held_out, snapshot.train)),
            ),
            seconds=dict(run.steps.seconds),
        )


@dataclass(frozen=True)
class FittedRanking:
    """The ranker that was fitted to the model that is to answer, and the one it would replace."""

    of_trained: bool
    fit: Fit
    before: Reliability | None
    after: Reliability | None

    @classmethod
    def of(cls, candidate: TrainedCandidate) -> "FittedRanking":
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
    fitted_ranking = FittedRanking.of(candidate)
    after = fitted_ranking.after
    return RankingFigures(
        model="trained" if fitted_ranking.of_trained else "live",
        questions=fitted_ranking.fit.questions,
        fitted=fitted_ranking.fit.fitted,
        error=round(after.error, 4) if after else None,
        auroc=_number(after.auroc) if after else None,
    )


def figures_of(
    candidate: TrainedCandidate, result: RetrainResult, about: RunDescription
) -> dict[str, Any]:
    """All that report.json says, ready for JSON."""
    fitted = candidate.fitted
    return {
        **asdict(about),
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
            for i in (*flipped(candidate.held_out, better=True), *flipped(candidate.held_out))
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
    fitted_ranking = FittedRanking.of(candidate)
    fit, before, after = fitted_ranking.fit, fitted_ranking.before, fitted_ranking.after
    values: dict[str, Any] = ranking_figures(candidate).to_json() | {
        "decision": None,
        "ranker": {published(name): value for name, value in asdict(fit.ranker).items()},
        "features": {published(name): round(share, 4) for name, share in fit.parts.items()},
        "retrievers": {name: round(share, 4) for name, share in by_retriever(fit).items()},
        "thresholds": [
            {"precision": precision, "confidence": confidence, "answered": _number(answered)}
            for precision, confidence, answered in thresholds(fit)
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
                "precision_at_1": round(first_right(fit)[place], 4),
                "error": round(measured.error, 4),
                "auroc": _number(measured.auroc),
                "bins": [asdict(part) for part in measured.bins],
            }
    return values


def thresholds(fit: Fit) -> list[tuple[float, float | None, float]]:
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


def first_right(fit: Fit) -> tuple[float, float]:
    """How often the right answer, where there is one, comes first: before, and fitted."""
    judged = fit.judged
    assert judged is not None
    known = judged.weight == 1.0
    return float(judged.right_before[known].mean()), float(judged.right[known].mean())


def by_retriever(fit: Fit) -> dict[str, float]:
    """How much the order follows each retriever, as a share of all; {} before any fit."""
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


def flipped(answered: Answered, *, better: bool = False) -> list[int]:
    """Positions of the questions that only one model has right, the largest move first."""
    before, after = answered.live, answered.candidate
    if better:
        before, after = after, before
    chosen = np.flatnonzero((before == 1) & (after > 1))
    return [int(i) for i in chosen[np.argsort(-after[chosen], kind="stable")]]
