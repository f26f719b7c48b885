"""A retrain from beginning to end, on a real store, model and index."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from index.errors import SettingsError
from index.generations.live import Live
from index.generations.setup import open_engine
from index.jobs.protocol import JobOrder
from index.model.versions import verify
from index.ranking.ranker_file import read_ranker
from index.store.leases import Claim
from index.store.types import Job, JobKind, JobState, PairDraft, Status
from tests.train.desk import ME, Desk, chatty_pairs
from train import run as module
from train.data import take_snapshot
from train.run import SCRATCH, sweep
from train.settings import TrainSettings


def start_child(
    desk: Desk, job: Job, module: str = "train", *arguments: str
) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        # Threads that wait for each other crawl where the tests are not alone.
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    order = {
        "job_id": job.id,
        "owner": ME,
        "kind": "retrain",
        "arguments": job.arguments,
        "index": desk.settings.revealed(),
        "config": None,
        "nice": False,
    }
    assert child.stdin
    child.stdin.write(json.dumps(order) + "\n")
    child.stdin.flush()
    return child


@pytest.mark.slow
def test_a_child_process_trains_a_better_model_and_switches_to_it(desk: Desk) -> None:
    key = SecretStr("a key")
    desk = desk.with_key(key)
    job = desk.begin(depth="head")
    before = desk.live()

    child = start_child(desk, job)
    assert child.stdout
    assert child.stderr
    lines = [json.loads(line) for line in child.stdout]
    stderr = child.stderr.read()

    ending = lines[-1]
    assert ending["state"] == "done", stderr
    result = ending["result"]
    assert (result["promoted"], result["model_version"]) == (True, f"retrain-{job.id}")
    assert result["mrr"]["candidate"] > result["mrr"]["live"]
    assert ending["detail"].startswith("better: MRR +")
    shares = [line["progress"] for line in lines[:-1]]
    assert shares == sorted(shares)
    for pair in chatty_pairs():
        assert pair.question not in stderr, "no text of anybody in a log"
    live = desk.live()
    assert live.id == result["generation"] != before.id
    manifest = verify(desk.settings.models_dir, live.model_version, key)
    assert (manifest.parent, manifest.data_revision) == ("base", desk.store.pairs.revision())
    assert manifest.metrics["mrr"] == pytest.approx(result["mrr"]["candidate"])
    kept = {"ranking.json", "report.json", "report.md", "nights.png", "confidence.png"}
    assert kept <= manifest.files.keys()
    with closing(Live.open(desk.settings, desk.store, open_engine(desk.settings))) as opened:
        question = chatty_pairs()[0]
        matches = opened.searcher.search(opened.searcher.read(question.question))
        assert matches[0].pair.id == question.id
    folder = desk.settings.jobs_dir / str(job.id)
    report = json.loads((folder / "report.json").read_text())
    assert report["result"]["generation"] == live.id
    assert report["decision"]["promote"] is True
    ranker = read_ranker(desk.settings.models_dir / live.model_version)
    constants = asdict(ranker)
    constants["held_out"] = constants.pop("precision_curve")
    assert report["ranking"]["ranker"] == json.loads(json.dumps(constants))
    assert {"held_out", "develop", "train"} == report["metrics"].keys()
    assert not (folder / SCRATCH).exists()


@pytest.mark.slow
def test_a_killed_child_leaves_the_live_generation_and_the_next_run_is_clean(
    quick: Desk, trained_file: Path
) -> None:
    desk = quick
    job = desk.begin()
    before = desk.live()
    # How it trains does not matter here; all that follows is real.
    child = start_child(desk, job, "tests.train.stand_ins", str(trained_file))
    assert child.stdout
    for line in child.stdout:
        if json.loads(line).get("detail", "").startswith("checking the index"):
            break
    child.kill()
    child.communicate()

    assert desk.live() == before
    assert f"retrain-{job.id}" in desk.versions(), "it was killed in the middle"
    desk.store.jobs.finish(job.id, JobState.FAILED, {}, owner=ME)
    ending = desk.retrain()

    live = desk.live()
    assert ending.result.promoted
    assert desk.versions() == ["base", live.model_version]
    assert desk.collections() == sorted([before.collection, live.collection])
    assert not list(desk.settings.jobs_dir.glob(f"*/{SCRATCH}"))


def test_a_model_that_is_better_goes_live_once(quick: Desk) -> None:
    first = quick.retrain()
    second = quick.retrain()

    assert first.result.promoted
    assert not second.result.promoted
    assert second.detail.startswith("not proven better: MRR +0.000 (+0.000 to +0.000)")
    assert quick.live().id == first.result.generation
    assert quick.versions() == ["base", "retrain-1"]
    third = quick.retrain()
    assert third.result.skipped
    assert third.detail == "nothing has changed since retrain 2: same data, model and settings"


def test_a_dry_run_changes_nothing_and_says_what_would_happen(quick: Desk) -> None:
    quick.precisions = (0.9,)
    ending = quick.retrain(dry_run=True)

    assert ending.detail.startswith("would go live: better: MRR +")
    assert (ending.result.promoted, ending.result.dry_run) == (False, True)
    quick.assert_untouched()
    report = (quick.settings.jobs_dir / "1" / "report.md").read_text()
    heading, change, reason = report.split("\n\n")[:3]
    assert heading == "# Retrain 1: tried, nothing changed"
    assert change.startswith("Nothing changes, it was a dry run: ")
    assert reason.startswith("Would go live: better")
    assert "- **MRR** (mean reciprocal rank): " in report, "what its terms mean stands in it"
    assert quick.retrain().result.promoted, "a dry run does not stand for a run"


def test_too_few_pairs_are_said_in_one_line(desk: Desk) -> None:
    ids = [pair.id for pair in take_snapshot(desk.store).train[10:]]
    desk.store.pairs.set_status(ids, Status.RETIRED)

    ending = desk.retrain()

    assert ending.state is JobState.DONE
    assert ending.result.skipped
    assert ending.detail.startswith("too few pairs: 10 to train on")
    desk.assert_untouched()


def test_a_nightly_run_waits_for_enough_new_pairs(quick: Desk) -> None:
    quick.retrain()
    new = [PairDraft("new", str(i), f"What is {i}?", f"It is {i}.") for i in range(20)]
    quick.store.pairs.upsert(new[:19])

    nightly = quick.retrain(scheduled=True)
    assert nightly.result.skipped
    assert nightly.detail.startswith("too little is new: 19 pairs changed since retrain 1")

    quick.store.pairs.upsert(new)
    assert not quick.retrain(scheduled=True).result.skipped


def test_a_name_that_is_taken_is_not_written_over(quick: Desk) -> None:
    shutil.copytree(quick.settings.models_dir / "base", quick.settings.models_dir / "retrain-1")

    ending = quick.retrain()

    assert ending.result.model_version == "retrain-1-2"
    assert quick.live().model_version == "retrain-1-2"


def test_arguments_stand_in_for_the_settings(desk: Desk) -> None:
    def settings(**arguments: Any) -> TrainSettings:
        return module.settings_for(
            JobOrder(Claim(1, ME), JobKind.RETRAIN, arguments, desk.settings, None)
        )

    assert settings(depth="full", seed=7, head=None).depth == "full"
    assert settings(depth="full", seed=7).seed == 7
    assert settings() == TrainSettings.load(None)
    with pytest.raises(SettingsError, match="depth"):
        settings(depth="deep")
    with pytest.raises(SettingsError, match="head is refused: gated is no longer trained"):
        settings(head="gated")


def test_what_a_killed_run_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / "3" / SCRATCH / "fit").mkdir(parents=True)
    (tmp_path / "3" / SCRATCH / "fit" / "last.ckpt").write_bytes(b"x")
    (tmp_path / "3" / "report.json").write_text("{}")

    sweep(tmp_path)
    with suppress(FileNotFoundError):
        sweep(tmp_path / "missing")

    assert [path.name for path in (tmp_path / "3").iterdir()] == ["report.json"]
