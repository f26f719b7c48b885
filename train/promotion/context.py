"""What the steps of one retrain share."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from index.jobs.protocol import JobOrder
from index.progress import Report
from index.store import Store
from index.store.types import Generation
from train.data import Snapshot
from train.settings import TrainSettings

# In a job's folder, what is not kept: the candidate until it is a version, and copies.
SCRATCH = "scratch"


@dataclass
class Steps:
    """The steps of a run: told as they come, and how long each took.

    Attributes:
        seconds: By step.
    """

    report: Report
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, what: str, start: float, end: float) -> Iterator[Callable[[float], None]]:
        """A step from one share of the run to another; yields a function for the share of it."""
        began = time.perf_counter()
        self.report(start, what)
        try:
            yield lambda share: self.report(
                start + min(1.0, share) * (end - start), f"{what}, {min(1.0, share):.0%}"
            )
        finally:
            self.add(what, time.perf_counter() - began)

    def add(self, what: str, seconds: float) -> None:
        self.seconds[what] = round(self.seconds.get(what, 0.0) + seconds, 2)


@dataclass(frozen=True)
class RetrainRun:
    """One retrain: what it was ordered to do, what it works on, and how far it is.

    Attributes:
        settings: With what the order says instead.
        snapshot: The pairs that it goes by.
        live: The generation that answers while it runs.
        version: The name that the candidate has, and gets as a model version.
    """

    order: JobOrder
    settings: TrainSettings
    store: Store
    snapshot: Snapshot
    live: Generation
    version: str
    steps: Steps

    @property
    def scratch(self) -> Path:
        """A folder for what is not kept; whoever starts the run makes and removes it."""
        return self.order.folder / SCRATCH

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be changed."""
        return bool(self.order.arguments.get("dry_run"))
