"""A retrain from beginning to end: snapshot, training, proof, decision, switch, report.

Nothing touches the live generation before the switch, which is one pointer. A run that is killed
leaves its scratch folder, which the next run removes, and perhaps a model version or a collection
that no generation needs, which `index.generations.cleanup.clean_up` removes.
"""

import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from index.engines.base import Engine
from index.errors import SettingsError
from index.evaluation.golden import answers_right, in_force
from index.generations.build import build, discard, switch
from index.generations.live import Live
from index.generations.setup import live_generation, open_engine
from index.jobs.protocol import Cancelled, JobEnding, JobOrder
from index.jobs.results import Basis, GoldenCheck, MetricPair, MrrChange, RetrainResult
from index.jobs.tasks import clean_up_afterwards
from index.model.versions import read_manifest, remove_versions, write_version
from index.progress import Report, within
from index.ranking.ranker_file import RANKING, shipped, write_ranker
from index.store import Store
from index.store.types import Generation, JobKind, JobState
from index.text import text_hash
from train.data import Snapshot, apart, take_snapshot
from train.finetune.hyperparameters import FULL, HEAD
from train.promotion import golden, report
from train.promotion.candidate import (
    Steps,
    TrainedCandidate,
    link_servable,
    move_servable,
    train_candidate,
)
from train.promotion.figures import ranking_figures
from train.promotion.rules import EarlierBasis, PromotionDecision, flipped, why_not_now
from train.settings import TrainSettings

# In a job's folder, what is not kept: checkpoints, and the candidate until it is a version.
SCRATCH = "scratch"
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
        earlier = decided(store, order.claim.job_id)
        basis = Basis(
            snapshot.revision,
            live.model_version,
            {name: getattr(settings, name) for name in _DECISIVE},
            tuple((question.id, question.pair_id) for question in store.golden.all()),
            text_hash(repr((HEAD, FULL, shipped()))).hex(),
        )
        reason = _why_not_now(order, settings, store, snapshot, basis, earlier)
        if reason is not None:
            return JobEnding(reason, replace(_result(order, snapshot, reason), skipped=True))
        scratch = order.folder / SCRATCH
        try:
            scratch.mkdir(parents=True, exist_ok=True)
            version = _free_name(order)
            candidate = train_candidate(
                order, settings, store, snapshot, live, version, scratch, steps
            )
            about = {
                "job": order.claim.job_id,
                "when": f"{datetime.now().astimezone():%F %H:%M %Z}",
                "live_model": live.model_version,
                "settings": settings.model_dump(mode="json"),
                "data": {
                    "revision": snapshot.revision,
                    "pairs": len(snapshot.pairs),
                    "train": len(snapshot.train),
                    "develop": len(snapshot.develop),
                    "held_out": len(snapshot.held_out),
                    "held_out_worded_as_trained": len(snapshot.held_out)
                    - len(apart(snapshot.held_out, snapshot.train)),
                },
            }
            return _conclude(order, store, snapshot, candidate, basis, earlier, about, steps)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _conclude(
    order: JobOrder,
    store: Store,
    snapshot: Snapshot,
    candidate: TrainedCandidate,
    basis: Basis,
    earlier: list[Earlier],
    about: dict[str, Any],
    steps: Steps,
) -> JobEnding:
    dry_run = bool(order.arguments.get("dry_run"))
    generation: Generation | None = None

    def result(live: bool) -> RetrainResult:
        return replace(
            _result_of(order, snapshot, candidate, basis, steps),
            promoted=live and candidate.goes_live == "model",
            went_live=candidate.goes_live if live else None,
            model_version=candidate.version if live else None,
            generation=generation.id if generation else None,
        )

    def report_to(folder: Path, *, live: bool) -> dict[str, Path]:
        folder.mkdir(parents=True, exist_ok=True)
        about["seconds"] = steps.seconds
        nights = [(order.claim.job_id, result(live))]
        nights += [(one.job_id, one.result) for one in earlier[:_NIGHTS_SHOWN]]
        drawn = report.draw(folder, candidate, report.history(nights))
        return drawn | report.write(folder, candidate, result(live), about)

    with steps.step("writing the report", 0.86, 0.87):
        # Whatever happens from here on, it says no more than what is true by now.
        report_to(order.folder, live=False)
    if candidate.goes_live and not dry_run:
        # The version's own copy is there only if it goes live.
        kept = report_to(order.folder / SCRATCH / "report", live=True)
        generation, candidate = _go_live(order, store, candidate, kept, steps)
    try:
        if not dry_run:
            with closing(open_engine(order.index)) as engine, steps.step("tidying up", 0.98, 1):
                clean_up_afterwards(order, store, engine)
        report_to(order.folder, live=generation is not None)
    except Cancelled:
        if generation is None:
            raise
        # Too late: the new generation answers.
        report_to(order.folder, live=True)
    ended = result(generation is not None)
    return JobEnding(ended.reason, ended)


def _go_live(
    order: JobOrder, store: Store, candidate: TrainedCandidate, files: dict[str, Path], steps: Steps
) -> tuple[Generation | None, TrainedCandidate]:
    """Write the version, build its generation, switch to it.

    Returns:
        The live generation, or None where a golden question stopped it; the candidate with the
        decision as it then is.
    """
    index = order.index
    needed = False
    try:
        with steps.step("writing the model version", 0.87, 0.88):
            _write_version(order, candidate, files)
        with closing(open_engine(index)) as engine:
            with steps.step("building", 0.88, 0.97):
                told = within(steps.report, 0.88, 0.97)
                generation = build(index, store, engine, candidate.version, order.claim, told)
            # From here on the pointer may name it, even where the store does not answer.
            needed = True
            try:
                candidate = _ask_golden(order, store, engine, generation, candidate, steps)
                if not candidate.goes_live:
                    needed = not discard(store, engine, generation)
                    return None, candidate
                steps.report(0.975, "switching")
                switch(store, engine, generation, order.claim)
            except BaseException:
                if discard(store, engine, generation):
                    needed = False
                    raise
                # The pointer had moved: it is too late to stop, and nothing failed.
        return store.generations.get(generation.id) or generation, candidate
    finally:
        if not needed:
            _remove_version(index.models_dir, candidate.version)


def _write_version(order: JobOrder, candidate: TrainedCandidate, files: dict[str, Path]) -> None:
    """Write what goes live as a model version: the trained model, or the live one's files again.

    Args:
        files: The report.
    """
    models_dir = order.index.models_dir
    comparison = candidate.held_out.comparison
    manifest = read_manifest(candidate.models_dir, candidate.version)
    parent = manifest.parent
    assert parent is not None
    if candidate.refit is None:
        ranker, figures = candidate.fit.ranker, comparison.candidate
        save_servable = partial(move_servable, candidate)
    else:
        ranker, figures = candidate.refit.fit.ranker, comparison.live
        manifest = read_manifest(models_dir, parent)
        save_servable = partial(link_servable, models_dir / parent)
    ranking = order.folder / SCRATCH / RANKING
    write_ranker(ranking, ranker)
    write_version(
        models_dir,
        candidate.version,
        save_servable,
        base_encoder=manifest.base_encoder,
        dimension=manifest.dimension,
        parent=parent,
        data_revision=manifest.data_revision,
        metrics={
            "precision_at_1": round(figures.precision_at_1.value, 4),
            "mrr": round(figures.mrr.value, 4),
            "questions": comparison.questions,
        },
        extras={RANKING: ranking, **files},
    )


def _ask_golden(
    order: JobOrder,
    store: Store,
    engine: Engine,
    generation: Generation,
    candidate: TrainedCandidate,
    steps: Steps,
) -> TrainedCandidate:
    """The candidate, decided on anew where the built index gets a golden question wrong."""
    pinned = store.golden.all()
    # As they are now: one that was retired meanwhile cannot be found, and is no fault.
    pairs = store.pairs.get([question.pair_id for question in pinned])
    known = {pair.id for pair in candidate.search.pairs}
    questions = [q for q in in_force(pinned, pairs) if q.pair_id in known]
    if not questions:
        return candidate
    with (
        steps.step("asking the new index the golden questions", 0.97, 0.975),
        closing(Live.open(order.index, store, engine, generation)) as opened,
    ):
        checked = golden.check(
            questions,
            lambda _: candidate.golden_live,
            lambda asked: answers_right(opened.searcher, asked, pairs),
        )
    if candidate.refit is None:
        decision = _decided_anew(candidate.decision, checked)
        return replace(candidate, golden=checked, decision=decision)
    decision = _decided_anew(candidate.refit.decision, checked)
    return replace(candidate, refit=replace(candidate.refit, golden=checked, decision=decision))


def _decided_anew(decision: PromotionDecision, checked: golden.Checked) -> PromotionDecision:
    if not checked.flipped:
        return decision
    inputs = decision.inputs | {"golden_flips": checked.ids}
    return PromotionDecision(False, f"{flipped(checked.ids)} by the new index", inputs)


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
        raise SettingsError(f"retrain: {first['loc'][0]} is refused: {first['msg']}") from None


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


def _why_not_now(
    order: JobOrder,
    settings: TrainSettings,
    store: Store,
    snapshot: Snapshot,
    basis: Basis,
    earlier: list[Earlier],
) -> str | None:
    last = earlier[0] if earlier else None
    return why_not_now(
        (len(snapshot.train), len(snapshot.develop), len(apart(snapshot.held_out, snapshot.train))),
        basis,
        EarlierBasis(last.job_id, last.result.basis) if last else None,
        changed=store.pairs.count_changed(last.result.data_revision if last else 0),
        scheduled=bool(order.arguments.get("scheduled")),
        min_new=settings.min_new,
    )


def _result(order: JobOrder, snapshot: Snapshot, reason: str) -> RetrainResult:
    return RetrainResult(
        dry_run=bool(order.arguments.get("dry_run")),
        reason=reason,
        data_revision=snapshot.revision,
    )


def _result_of(
    order: JobOrder, snapshot: Snapshot, candidate: TrainedCandidate, basis: Basis, steps: Steps
) -> RetrainResult:
    """What the job's row records; short, for lists and plots of many of them."""
    reason = candidate.reason
    if order.arguments.get("dry_run"):
        reason = f"{'would go live' if candidate.goes_live else 'would be refused'}: {reason}"
    comparison = candidate.held_out.comparison.as_dict()
    difference = comparison["mrr_difference"]
    checked = (
        candidate.refit.golden if candidate.refit and candidate.goes_live else candidate.golden
    )
    return replace(
        _result(order, snapshot, reason),
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
        ranking=ranking_figures(candidate),
        texts=candidate.texts,
        texts_encoded=candidate.texts_encoded,
        seconds=dict(steps.seconds),
    )


def _free_name(order: JobOrder) -> str:
    """A name that no version has: a store that was made anew counts its jobs from 1 again."""
    name = wanted = f"retrain-{order.claim.job_id}"
    number = 1
    while (order.index.models_dir / name).exists():
        number += 1
        name = f"{wanted}-{number}"
    return name


def _remove_version(models_dir: Path, version: str) -> None:
    remove_versions(models_dir, {path.name for path in models_dir.iterdir()} - {version})
