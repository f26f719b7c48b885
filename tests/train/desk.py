"""A data folder with a real store, model and index, and retrains on it."""

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from index.jobs.protocol import JobEnding, JobOrder
from index.model.versions import sign_version
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import Generation, Job, JobKind, JobState, PairDraft, Phrasing
from tests.index.models import link_models
from train.promotion.context import SCRATCH
from train.run import retrain

HELPDESK = Path(__file__).parents[2] / "examples" / "helpdesk.jsonl"
ME = "tests"

# What askers of this desk begin with says nothing of what they want, and the base model does not
# know that: a head learns it from the training side, and is better on the held-out side too.
OPENINGS = (
    "Ticket from building 7, second floor, urgent:",
    "Hi team, hope you are all well, quick question about",
    "Forwarded by the service portal for the Berlin office -",
    "Customer success asks on behalf of a new colleague:",
    "Good morning everybody, sorry to bother you again,",
    "Asked in the onboarding call on Monday:",
)


def chatty_pairs() -> list[PairDraft]:
    generator = random.Random(1)

    def chatty(text: str) -> str:
        return f"{generator.choice(OPENINGS)} {text}"

    rows = [json.loads(line) for line in HELPDESK.read_text("utf-8").splitlines()]
    return [
        PairDraft(
            "helpdesk",
            row["id"],
            chatty(row["question"]),
            row["answer"],
            tuple(Phrasing(chatty(text)) for text in row["phrasings"][:2]),
        )
        for row in rows
    ]


def settings_of(folder: Path) -> IndexSettings:
    return IndexSettings(data_dir=folder, device="cpu")


def copy_sparsely(source: str, target: str) -> None:
    """Copy a file without its zeros: most of a collection is space that is set aside for more."""
    with open(source, "rb") as read, open(target, "wb") as write:
        while chunk := read.read(1 << 18):
            if chunk.count(0) == len(chunk):
                write.seek(len(chunk), os.SEEK_CUR)
            else:
                write.write(chunk)
        write.truncate()


@dataclass
class Desk:
    """A data folder of a test's own, and jobs on it."""

    settings: IndexSettings
    store: Store
    # None stated: whether automatic answers end is a question of its own, which a few tests ask.
    precisions: tuple[float, ...] = ()

    def with_key(self, key: SecretStr) -> "Desk":
        """The same desk with a key, which has signed its base version."""
        base = self.settings.models_dir / "base"
        source = base.resolve()
        base.unlink()
        link_models(source, base)
        sign_version(self.settings.models_dir, "base", key)
        return replace(self, settings=self.settings.model_copy(update={"model_key": key}))

    def begin(self, **arguments: Any) -> Job:
        return self.store.jobs.begin(JobKind.RETRAIN, ME, arguments=arguments)

    def order(self, job: Job) -> JobOrder:
        return JobOrder(
            Claim(job.id, ME), JobKind.RETRAIN, job.arguments, self.settings, None, self.precisions
        )

    def retrain(
        self, report: Callable[[float, str], None] = lambda share, what: None, **arguments: Any
    ) -> JobEnding:
        """One retrain in this process, its end recorded as the parent would."""
        job = self.begin(**arguments)
        try:
            ending = retrain(self.order(job), report)
        except BaseException:
            self.store.jobs.finish(job.id, JobState.FAILED, {}, owner=ME)
            raise
        result = ending.result.to_json()
        self.store.jobs.finish(job.id, ending.state, result, ending.detail, owner=ME)
        return ending

    def live(self) -> Generation:
        generation = self.store.generations.live()
        assert generation is not None
        return generation

    def versions(self) -> list[str]:
        return sorted(p.name for p in self.settings.models_dir.iterdir() if p.is_dir())

    def collections(self) -> list[str]:
        folder = self.settings.collections_dir
        return sorted(path.name for path in folder.iterdir() if path.is_dir())

    def assert_untouched(self) -> None:
        """The first generation answers, and nothing but a report is left of any run."""
        live = self.live()
        assert live.model_version == "base"
        assert self.versions() == ["base"]
        assert self.collections() == [live.collection]
        assert not list(self.settings.jobs_dir.glob(f"*/{SCRATCH}"))


def golden_right(desk: Desk) -> str:
    """Pin a stored question, which both models get right; returns its pair."""
    pair = chatty_pairs()[3]
    desk.store.golden.add(pair.question, pair.id)
    return pair.id
