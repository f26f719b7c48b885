"""A candidate goes live: its version is written, its generation built, asked and switched to."""

import os
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from index.engines.base import Engine
from index.evaluation.golden import answers_right, in_force
from index.generations.build import build, discard, switch
from index.generations.live import Live
from index.generations.setup import open_engine
from index.model.manifest import SERVABLE
from index.model.versions import (
    RANKING,
    Provenance,
    read_manifest,
    remove_versions,
    verify,
    write_version,
)
from index.progress import within
from index.ranking.ranker_file import write_ranker
from index.store.types import Generation
from train.promotion import golden
from train.promotion.candidate import TrainedCandidate
from train.promotion.context import RetrainRun
from train.promotion.rules import PromotionDecision, flipped


def go_live(
    run: RetrainRun, candidate: TrainedCandidate, files: Mapping[str, Path]
) -> tuple[Generation | None, TrainedCandidate]:
    """Write the version, build its generation, switch to it.

    Args:
        files: The report, by name: the version keeps a copy.

    Returns:
        The live generation, or None where a golden question stopped it; the candidate with the
        decision as it then is.
    """
    index, store, steps = run.order.index, run.store, run.steps
    needed = False
    try:
        with steps.step("writing the model version", 0.87, 0.88):
            _write_version(run, candidate, files)
        with closing(open_engine(index)) as engine:
            with steps.step("building", 0.88, 0.97):
                told = within(steps.report, 0.88, 0.97)
                generation = build(index, store, engine, candidate.version, run.order.claim, told)
            # From here on the pointer may name it, even where the store does not answer.
            needed = True
            try:
                candidate = _ask_golden(run, engine, generation, candidate)
                if not candidate.goes_live:
                    needed = not discard(store, engine, generation)
                    return None, candidate
                steps.report(0.975, "switching")
                switch(store, engine, generation, run.order.claim)
            except BaseException:
                if discard(store, engine, generation):
                    needed = False
                    raise
                # The pointer had moved: it is too late to stop, and nothing failed.
        return store.generations.get(generation.id) or generation, candidate
    finally:
        if not needed:
            _remove_version(index.models_dir, candidate.version)


def _write_version(run: RetrainRun, candidate: TrainedCandidate, files: Mapping[str, Path]) -> None:
    """Write what goes live as a model version: the trained model, or the live one's files again."""
    models_dir, key = run.order.index.models_dir, run.order.index.model_key
    comparison = candidate.held_out.comparison
    manifest = read_manifest(candidate.models_dir, candidate.version, key)
    parent = manifest.parent
    assert parent is not None
    if candidate.refit is None:
        ranker, figures = candidate.fit.ranker, comparison.candidate
        save_servable = partial(_move_servable, candidate)
    else:
        ranker, figures = candidate.refit.fit.ranker, comparison.live
        # Its files get a new signature: they must be those that the old one is of.
        manifest = verify(models_dir, parent, key)
        save_servable = partial(_link_servable, models_dir / parent)
    ranking = run.scratch / RANKING
    write_ranker(ranking, ranker)
    write_version(
        models_dir,
        candidate.version,
        save_servable,
        Provenance(
            base_encoder=manifest.base_encoder,
            dimension=manifest.dimension,
            parent=parent,
            data_revision=manifest.data_revision,
            metrics={
                "precision_at_1": round(figures.precision_at_1.value, 4),
                "mrr": round(figures.mrr.value, 4),
                "questions": comparison.questions,
            },
        ),
        extras={RANKING: ranking, **files},
        key=key,
    )


def _move_servable(candidate: TrainedCandidate, folder: Path) -> None:
    """Move the candidate's servable to a folder, for `write_version`; it is not here after that."""
    shutil.move(candidate.models_dir / candidate.version / SERVABLE, folder)


def _link_servable(version: Path, folder: Path) -> None:
    """Make a version's servable another one's too: its files are never written to.

    Args:
        version: The version's folder.
        folder: Where the servable is to be.
    """
    try:
        shutil.copytree(version / SERVABLE, folder, copy_function=os.link)
    except OSError:  # a file system that cannot
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(version / SERVABLE, folder)


def _remove_version(models_dir: Path, version: str) -> None:
    remove_versions(models_dir, {path.name for path in models_dir.iterdir()} - {version})


def _ask_golden(
    run: RetrainRun, engine: Engine, generation: Generation, candidate: TrainedCandidate
) -> TrainedCandidate:
    """The candidate, decided on anew where the built index gets a golden question wrong."""
    store = run.store
    pinned = store.golden.all()
    # As they are now: one that was retired meanwhile cannot be found, and is no fault.
    pairs = store.pairs.get([question.pair_id for question in pinned])
    known = {pair.id for pair in candidate.search.pairs}
    questions = [q for q in in_force(pinned, pairs) if q.pair_id in known]
    if not questions:
        return candidate
    with (
        run.steps.step("asking the new index the golden questions", 0.97, 0.975),
        closing(Live.open(run.order.index, store, engine, generation)) as opened,
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
