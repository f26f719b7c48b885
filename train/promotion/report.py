"""The report of a retrain: JSON for programs, Markdown and plots for people."""

import json
from collections.abc import Sequence
from pathlib import Path

from index.jobs.results import RetrainResult
from index.private import make_folder
from train.promotion import plots
from train.promotion.candidate import TrainedCandidate
from train.promotion.figures import FittedRanking, RunDescription, figures_of
from train.promotion.markdown import CONFIDENCE, markdown


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
    about: RunDescription,
) -> dict[str, Path]:
    """Write the report to a folder, without its plots.

    Args:
        result: What the job's row records.
        about: The job, its settings, the data.

    Returns:
        The files by name.
    """
    make_folder(folder)
    figures = figures_of(candidate, result, about)
    (folder / "report.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    (folder / "report.md").write_text(markdown(candidate, result, about), "utf-8")
    return {name: folder / name for name in ("report.json", "report.md")}


def draw(
    folder: Path, candidate: TrainedCandidate, nights: Sequence[plots.Night]
) -> dict[str, Path]:
    """Draw the report's plots into its folder; returns them by name."""
    make_folder(folder)
    held_out, fitted = candidate.held_out, candidate.fitted
    plots.nights(folder / "nights.png", nights)
    plots.flips(folder / "flips.png", held_out.live, held_out.candidate)
    plots.training(folder / "training.png", fitted.curves, fitted.best_epoch)
    names = ["nights.png", "flips.png", "training.png"]
    fitted_ranking = FittedRanking.of(candidate)
    if fitted_ranking.before and fitted_ranking.after:
        plots.confidence(folder / CONFIDENCE, fitted_ranking.before, fitted_ranking.after)
        names.append(CONFIDENCE)
    return {name: folder / name for name in names}
