"""A serving process, and what another process does meanwhile."""

import time
from collections.abc import Callable

from index.engines.base import Engine
from index.generations.build import build, go_live
from index.generations.follow import Serving
from index.generations.live import Live
from index.generations.setup import initialise
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import Generation, JobKind, JobState
from tests.index.models import TURNED


def eventually(condition: Callable[[], object], *, within: float = 60) -> None:
    """Wait until something holds; how long it takes says more of the machine than of the code."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)


class Post:
    """A serving process, and the jobs that another process would run."""

    def __init__(self, room: IndexSettings, store: Store, engine: Engine) -> None:
        self.room, self.store, self.engine = room, store, engine
        initialise(room, store, engine)
        self.live = Live.open(room, store, engine)
        self.serving = Serving(room, store, engine, self.live, retry_after_s=0.05)

    def ask(self, question: str) -> str | None:
        """The id of the pair that answers a question best."""
        with self.serving.use() as live:
            matches = live.searcher.search(live.searcher.read(question))
        return matches[0].pair.external_id if matches else None

    @property
    def generation(self) -> int:
        with self.serving.use() as live:
            return live.generation.id

    def go_live(self, version: str = TURNED) -> Generation:
        return self._job(go_live, version)

    def build(self, version: str = TURNED) -> Generation:
        return self._job(build, version)

    def _job(self, work: Callable[..., Generation], version: str) -> Generation:
        job = self.store.jobs.begin(JobKind.REINDEX, "me")
        claim = Claim(job.id, "me")
        generation = work(self.room, self.store, self.engine, version, claim, lambda *_: None)
        self.store.jobs.finish(job.id, JobState.DONE, {})
        return generation

    def stop(self) -> None:
        self.serving.stop()
        self.serving.close()
