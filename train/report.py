"""The report of a retrain: JSON for programs, Markdown and pictures for people."""

import importlib.metadata
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from index.evaluation import Estimate
from index.store.types import Job
from train import pictures
from train.calibrate import Calibration
from train.compare import UNSEEN, Answered, Comparison
from train.trial import Trial

# Questions listed by their texts in the Markdown report, each way.
LISTED = 15
_PACKAGES = ("faqbot", "torch", "quaterion", "pytorch-lightning", "sentence-transformers")


def history(earlier: Sequence[Job], now: tuple[int, dict[str, Any]]) -> list[pictures.Night]:
    """The retrains that came to a decision, oldest first.

    Args:
        earlier: Their jobs, newest first.
        now: The present job's id and result.
    """
    found = [(job.id, job.result) for job in reversed(earlier)]
    return [
        pictures.Night(
            job_id=job_id,
            promoted=bool(result["promoted"]),
            precision_live=result["precision_at_1"]["live"],
            precision_candidate=result["precision_at_1"]["candidate"],
            mrr_live=result["mrr"]["live"],
            mrr_candidate=result["mrr"]["candidate"],
        )
        for job_id, result in (*found, now)
        if "mrr" in result and "precision_at_1" in result
    ]


def write(
    folder: Path,
    trial: Trial,
    result: dict[str, Any],
    about: dict[str, Any],
) -> dict[str, Path]:
    """Write the report to a folder, without its pictures.

    Args:
        result: What the job's row records.
        about: What else is to be known: the job, its settings, the data.

    Returns:
        The files by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    values = _values(trial, result, about)
    (folder / "report.json").write_text(json.dumps(values, indent=2) + "\n", "utf-8")
    (folder / "report.md").write_text(_markdown(trial, result, about), "utf-8")
    return {name: folder / name for name in ("report.json", "report.md")}


def draw(folder: Path, trial: Trial, nights: Sequence[pictures.Night]) -> dict[str, Path]:
    """Draw the report's pictures into its folder; returns them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    held_out, fitted = trial.held_out, trial.fitted
    pictures.nights(folder / "nights.png", nights)
    pictures.confidence(folder / "confidence.png", trial.calibration)
    pictures.flips(folder / "flips.png", held_out.live, held_out.candidate)
    pictures.training(folder / "training.png", fitted.curves, fitted.best_epoch)
    names = ("nights.png", "confidence.png", "flips.png", "training.png")
    return {name: folder / name for name in names}


def _values(trial: Trial, result: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    fitted = trial.fitted
    return {
        **about,
        "result": result,
        "decision": {
            "promote": trial.decision.promote,
            "reason": trial.decision.reason,
            **trial.decision.inputs,
        },
        "metrics": {
            side: {view: answered.comparison.as_dict() for view, answered in views.items()}
            for side, views in trial.sides.items()
        },
        "golden": {
            "checked": trial.golden.checked,
            "live_right": trial.golden.live_right,
            "flipped": [golden.id for golden in trial.golden.flipped],
            "mended": [golden.id for golden in trial.golden.mended],
        },
        "calibration": _calibration(trial.calibration),
        "flips": [
            {
                "pair": trial.faq.pairs[trial.held_out.asked[i].pair].id,
                "rank_live": int(trial.held_out.live.rank[i]),
                "rank_candidate": int(trial.held_out.candidate.rank[i]),
            }
            for i in (*_flipped(trial.held_out, better=True), *_flipped(trial.held_out))
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
        "texts": {"all": trial.texts, "encoded": trial.texts_encoded},
        "versions": {"python": platform.python_version(), **_versions()},
    }


def _calibration(calibration: Calibration) -> dict[str, Any]:
    return {
        "questions": calibration.questions,
        "fitted": calibration.fitted,
        "ranker": asdict(calibration.ranker),
        "error_before": round(calibration.before.error, 4),
        "error_after": round(calibration.after.error, 4),
        "bins": [asdict(part) for part in calibration.after.bins],
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found


def _markdown(trial: Trial, result: dict[str, Any], about: dict[str, Any]) -> str:
    data, fitted = about["data"], trial.fitted
    lines = [
        f"# Retrain {about['job']}: {_heading(result, chosen=trial.decision.promote)}",
        "",
        _sentence(str(result["reason"])),
        "",
        f"- When: {about['when']}",
        f"- Data: revision {data['revision']}, {data['pairs']} pairs: {data['train']} to train on, "
        f"{data['develop']} for development, {data['held_out']} held out",
        f"- Model: depth {fitted.depth}, head {fitted.head}, trained from {about['live_model']}; "
        f"epoch {fitted.best_epoch} of {len(fitted.curves)} was kept",
        f"- Texts: {trial.texts}, of which {trial.texts_encoded} were new",
        f"- Time: {sum(about['seconds'].values()):.0f} s ("
        + ", ".join(f"{step} {seconds:.0f}" for step, seconds in about["seconds"].items())
        + ")",
        *(f"- Note: {note}" for note in fitted.notes),
        "",
        "## Held-out questions",
        "",
        "No model was ever trained on these. Mean, with the 95 % interval over pairs.",
        "",
        "| | questions | | live | trained | difference |",
        "|---|---|---|---|---|---|",
    ]
    for view, answered in trial.sides["held_out"].items():
        lines += _rows(_VIEWS[view], answered.comparison)
    lines += [
        "",
        "![What flipped](flips.png)",
        "",
        *_listed("Now first, not before", trial, _flipped(trial.held_out, better=True)),
        *_listed("No longer first", trial, _flipped(trial.held_out)),
        "## Golden questions",
        "",
        *_golden(trial),
        "",
        "## Confidence",
        "",
        _believed(trial.calibration),
        "",
        "![Confidence](confidence.png)",
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
    UNSEEN: "as the bot meets a new wording",
    "question_to_answer": "question to answers only",
    "phrasing_to_question": "phrasing to questions only",
}


def _heading(result: dict[str, Any], *, chosen: bool) -> str:
    if result["dry_run"]:
        return "tried, nothing changed"
    if result["promoted"]:
        return f"{result['model_version']} went live"
    return "better, but not live" if chosen else "refused"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _rows(view: str, comparison: Comparison) -> list[str]:
    live, candidate = comparison.live, comparison.candidate
    return [
        f"| {view} | {comparison.questions} | precision@1 | {_figure(live.precision_at_1)} "
        f"| {_figure(candidate.precision_at_1)} "
        f"| {_figure(comparison.precision_difference, sign='+')} |",
        f"| | | MRR | {_figure(live.mrr)} | {_figure(candidate.mrr)} "
        f"| {_figure(comparison.mrr_difference, sign='+')} |",
    ]


def _figure(estimate: Estimate, sign: str = "") -> str:
    value, low, high = (
        format(number, f"{sign}.3f") for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} ({low} to {high})"


def _flipped(answered: Answered, *, better: bool = False) -> list[int]:
    """Positions of the questions that only one model has right, the largest move first."""
    before, after = answered.live.rank, answered.candidate.rank
    if better:
        before, after = after, before
    chosen = np.flatnonzero((before == 1) & (after > 1))
    return [int(i) for i in chosen[np.argsort(-after[chosen], kind="stable")]]


def _listed(title: str, trial: Trial, positions: Sequence[int]) -> list[str]:
    if not positions:
        return []
    answered = trial.held_out
    lines = [f"### {title} ({len(positions)})", "", "| question | rank live | rank trained |"]
    lines.append("|---|---|---|")
    for i in positions[:LISTED]:
        text = answered.asked[i].text.replace("|", "\\|")
        lines.append(f"| {text} | {answered.live.rank[i]} | {answered.candidate.rank[i]} |")
    if len(positions) > LISTED:
        lines.append(f"| and {len(positions) - LISTED} more, in report.json | | |")
    return [*lines, ""]


def _golden(trial: Trial) -> list[str]:
    checked = trial.golden
    if not checked.checked:
        return ["There are none. Pin some with `faqbot golden add`."]
    lines = [
        f"{checked.checked} checked; the live model has {checked.live_right} right, "
        f"{len(checked.flipped)} flip to wrong, {len(checked.mended)} to right."
    ]
    lines += [f"- flips to wrong: {g.question} (golden question {g.id})" for g in checked.flipped]
    return lines


def _believed(calibration: Calibration) -> str:
    if not calibration.fitted:
        return (
            f"{calibration.questions} questions are too few to fit the confidence to; the shipped "
            f"constants stay. They are off by {100 * calibration.before.error:.1f} points on "
            "average."
        )
    return (
        f"Fitted on {calibration.questions} questions. On average it is off by "
        f"{100 * calibration.after.error:.1f} points; the shipped constants would be by "
        f"{100 * calibration.before.error:.1f}."
    )
