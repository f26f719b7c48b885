"""A retrain from beginning to end: snapshot, training, proof, decision, switch, report.

Nothing touches the live generation before the switch, which is one pointer. A run that is killed
leaves its scratch folder, which the next run removes, and perhaps a model version or a collection
that no generation needs, which `index.generations.cleanup.clean_up` removes.
"""

import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from index.errors import SettingsError
from index.generations.setup import live_generation, open_engine
from index.jobs.enough import SideSizes
from index.jobs.protocol import Cancelled, JobEnding, JobOrder
from index.jobs.results import Basis, GoldenCheck, MetricPair, MrrChange, RetrainResult
from index.jobs.tasks import clean_up_afterwards
from index.private import make_folder
from index.progress import Report
from index.ranking.ranker_file import shipped
from index.settings import reason_of
from index.store import Store
from index.store.sides import apart
from index.store.types import Generation, JobKind, JobState
from index.text import text_hash
from train.data import take_snapshot
from train.finetune.hyperparameters import FULL, HEAD
from train.promotion import report
from train.promotion.candidate import TrainedCandidate, train_candidate
from train.promotion.context import SCRATCH, RetrainRun, Steps
from train.promotion.figures import RunDescription, ranking_figures
from train.promotion.go_live import go_live
from train.promotion.rules import EarlierBasis, why_not_now
from train.settings import TrainSettings

# What a job's arguments may set instead of the settings.
_ARGUMENTS = ("depth", "head", "seed")
# Settings that change what comes out; the others change how it is come by.
_DECISIVE = ("depth", "head", "seed", "batch_size", "precision")
# Earlier retrains looked at, for the last decision and for the picture.
_LOOK_BACK = 1000
_NIGHTS_SHOWN = 60


@dataclass(frozen=True)
class Earlier:
    """A retrain that came to a decision."""

    job_id: int
    result: RetrainResult


def retrain(order: JobOrder, tell: Report) -> JobEnding:
    """Do it, as a child process is ordered to.

    Arguments of the job: `depth`, `head` and `seed` stand in for the settings; `dry_run` stops
    before anything is changed; `scheduled` asks for enough new data.

    Raises:
        FaqbotError: A step failed; the live generation stays.
    """
    settings = settings_for(order)
    with closing(Store(order.index.store_url)) as store:
        store.require_schema()
        sweep(order.index.jobs_dir)
        live = live_generation(store)
        steps = Steps(tell)
        with steps.step("reading the pairs", 0.0, 0.02):
            snapshot = take_snapshot(store)
        run = RetrainRun(order, settings, store, snapshot, live, _free_name(order), steps)
        earlier = decided(store, order.claim.job_id)
        basis = _basis(run)
        reason = _why_not_now(run, basis, earlier)
        if reason is not None:
            return JobEnding(reason, replace(_result(run, reason), skipped=True))
        try:
            make_folder(run.scratch)
            candidate = train_candidate(run)
            return _conclude(run, candidate, basis, earlier)
        finally:
            shutil.rmtree(run.scratch, ignore_errors=True)


def _conclude(
    run: RetrainRun, candidate: TrainedCandidate, basis: Basis, earlier: Sequence[Earlier]
) -> JobEnding:
    """Report, and go live where the candidate is to."""
    order, steps = run.order, run.steps
    ended_at = datetime.now().astimezone()
    generation: Generation | None = None

    def result(live: bool) -> RetrainResult:
        return replace(
            _result_of(run, candidate, basis),
            promoted=live and candidate.goes_live == "model",
            went_live=candidate.goes_live if live else None,
            model_version=candidate.version if live else None,
            generation=generation.id if generation else None,
        )

    def report_to(folder: Path, *, live: bool) -> dict[str, Path]:
        make_folder(folder)
        about = RunDescription.of(run, ended_at)
        nights = [(order.claim.job_id, result(live))]
        nights += [(one.job_id, one.result) for one in earlier[:_NIGHTS_SHOWN]]
        drawn = report.draw(folder, candidate, report.history(nights))
        return drawn | report.write(folder, candidate, result(live), about)

    with steps.step("writing the report", 0.86, 0.87):
        # Whatever happens from here on, it says no more than what is true by now.
        report_to(order.folder, live=False)
    if candidate.goes_live and not run.dry_run:
        # The version's own copy is there only if it goes live.
        kept = report_to(run.scratch / "report", live=True)
        generation, candidate = go_live(run, candidate, kept)
    try:
        if not run.dry_run:
            with closing(open_engine(order.index)) as engine, steps.step("tidying up", 0.98, 1):
                clean_up_afterwards(order, run.store, engine)
        report_to(order.folder, live=generation is not None)
    except Cancelled:
        if generation is None:
            raise
        # Too late: the new generation answers.
        report_to(order.folder, live=True)
    ended = result(generation is not None)
    return JobEnding(ended.reason, ended)


def settings_for(order: JobOrder) -> TrainSettings:
    """The settings of training, with what the job's arguments say instead.

    Raises:
        SettingsError: The settings or the arguments have a value that cannot be used.
    """
    settings = TrainSettings.load(order.config)
    given = {k: order.arguments[k] for k in _ARGUMENTS if order.arguments.get(k) is not None}
    if not given:
        return settings
    try:
        return TrainSettings(**{**settings.model_dump(), **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"retrain: {first['loc'][0]} is refused: {reason_of(first)}") from None


def decided(store: Store, before: int) -> list[Earlier]:
    """The retrains before a job that came to a decision, newest first."""
    found = store.jobs.latest(_LOOK_BACK, kinds=[JobKind.RETRAIN], states=[JobState.DONE])
    retrains = [Earlier(job.id, RetrainResult.from_json(job.result)) for job in found]
    return [
        one
        for one in retrains
        if one.job_id < before and not one.result.dry_run and not one.result.skipped
    ]


def sweep(jobs_dir: Path) -> None:
    """Remove the scratch folders that killed runs have left: only one job runs at a time."""
    for scratch in jobs_dir.glob(f"*/{SCRATCH}"):
        shutil.rmtree(scratch, ignore_errors=True)


def _basis(run: RetrainRun) -> Basis:
    """What a run is made from; the same again gives the same again."""
    # By value: names that change do not make it another one.
    constants = [astuple(part) for part in (HEAD, FULL, shipped())]
    return Basis(
        run.snapshot.revision,
        run.live.model_version,
        {name: getattr(run.settings, name) for name in _DECISIVE},
        tuple((question.id, question.pair_id) for question in run.store.golden.all()),
        text_hash(repr(constants)).hex(),
    )


def _why_not_now(run: RetrainRun, basis: Basis, earlier: Sequence[Earlier]) -> str | None:
    snapshot = run.snapshot
    last = earlier[0] if earlier else None
    return why_not_now(
        SideSizes(
            train=len(snapshot.train),
            develop=len(snapshot.develop),
            held_out=len(apart(snapshot.held_out, snapshot.train)),
        ),
        basis,
        EarlierBasis(last.job_id, last.result.basis) if last else None,
        changed=run.store.pairs.count_changed(last.result.data_revision if last else 0),
        scheduled=bool(run.order.arguments.get("scheduled")),
        min_new=run.settings.min_new,
    )


def _result(run: RetrainRun, reason: str) -> RetrainResult:
    return RetrainResult(
        dry_run=run.dry_run,
        reason=reason,
        data_revision=run.snapshot.revision,
    )


def _result_of(run: RetrainRun, candidate: TrainedCandidate, basis: Basis) -> RetrainResult:
    """What the job's row records; short, for lists and plots of many of them."""
    reason = candidate.reason
    if run.dry_run:
        reason = f"{'would go live' if candidate.goes_live else 'would be refused'}: {reason}"
    comparison = candidate.held_out.comparison.as_dict()
    difference = comparison["mrr_difference"]
    checked = (
        candidate.refit.golden if candidate.refit and candidate.goes_live else candidate.golden
    )
    return replace(
        _result(run, reason),
        basis=basis,
        depth=candidate.fitted.depth,
        precision_at_1=MetricPair(
            live=comparison["live"]["precision_at_1"]["value"],
            candidate=comparison["candidate"]["precision_at_1"]["value"],
        ),
        mrr=MrrChange(
            live=comparison["live"]["mrr"]["value"],
            candidate=comparison["candidate"]["mrr"]["value"],
            difference=difference["value"],
            low=difference["low"],
            high=difference["high"],
        ),
        n_held_out=comparison["questions"],
        golden=GoldenCheck(checked.checked, len(checked.flipped)),
        answers=candidate.answers_change,
        ranking=ranking_figures(candidate),
        texts=candidate.texts,
        texts_encoded=candidate.texts_encoded,
        seconds=dict(run.steps.seconds),
    )


def _free_name(order: JobOrder) -> str:
    """A name that no version has: a store that was made anew counts its jobs from 1 again."""
    name = wanted = f"retrain-{order.claim.job_id}"
    number = 1
    while (order.index.models_dir / name).exists():
        number += 1
        name = f"{wanted}-{number}"
    return name
