"""The example FAQ's first night, as the schedule runs it: what people get before and after.

`data/helpdesk_asked.jsonl` holds 60 questions that were written before any of this was measured:
45 with the pair that answers them, 15 that nothing in the FAQ answers.
"""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.generations.live import Live
from index.generations.setup import initialise, open_engine
from index.importing.importer import import_files
from index.jobs.protocol import USUAL_PRECISIONS, JobOrder
from index.jobs.results import RetrainResult
from index.ranking.decision import MAX_SHOWN, Decision, decide
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import JobKind
from train.run import retrain

ASKED = Path(__file__).parent / "data" / "helpdesk_asked.jsonl"
HELPDESK = Path(__file__).parents[2] / "examples" / "helpdesk.jsonl"
PRECISION = USUAL_PRECISIONS[0]


@dataclass(frozen=True)
class Answered:
    """How many of the questions were answered without asking, and how many of those wrongly."""

    automatically: int
    wrongly: int


def ask_all(settings: IndexSettings, store: Store) -> Answered:
    automatically = wrongly = 0
    with (
        closing(open_engine(settings)) as engine,
        closing(Live.open(settings, store, engine)) as live,
    ):
        live.catch_up()
        threshold = live.searcher.threshold(PRECISION)
        for line in ASKED.read_text("utf-8").splitlines():
            asked = json.loads(line)
            matches = live.searcher.search(live.searcher.read(asked["question"]), limit=MAX_SHOWN)
            decided = decide(matches, direct=True, precision=PRECISION, threshold=threshold)
            if decided.decision is Decision.ANSWER:
                automatically += 1
                wrongly += matches[0].pair.external_id != asked["id"]
    return Answered(automatically, wrongly)


@pytest.mark.slow
def test_the_first_night_takes_no_right_answers_away(base_models: Path, tmp_path: Path) -> None:
    settings = IndexSettings(data_dir=tmp_path, device="cpu")
    settings.models_dir.mkdir()
    (settings.models_dir / "base").symlink_to(base_models / "base")
    with closing(Store.open(settings.store_url)) as store:
        import_files(store, [HELPDESK])  # as the demo does
        with closing(open_engine(settings)) as engine:
            initialise(settings, store, engine)
        before = ask_all(settings, store)

        job = store.jobs.begin(JobKind.RETRAIN, "tests", arguments={"scheduled": True})
        order = JobOrder(Claim(job.id, "tests"), job.kind, job.arguments, settings, None)
        ending = retrain(order, lambda share, what: None)
        after = ask_all(settings, store)

    assert before.automatically >= 20, "there is something to lose"
    assert after.automatically >= before.automatically
    assert after.wrongly <= before.wrongly
    assert isinstance(ending.result, RetrainResult)
    change = ending.result.answers
    assert change is not None
    assert ending.result.went_live is None or change.after >= change.before
    assert ending.result.what_changes, "the message begins with what it means for people"
