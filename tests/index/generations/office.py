"""A store with a live generation, and the jobs that change it."""

from collections.abc import Callable
from contextlib import closing

from index.engines.base import Engine
from index.generations.build import go_live
from index.generations.live import Live
from index.generations.rollback import rollback
from index.generations.setup import initialise
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import Generation, JobKind, JobState, PairDraft, Phrasing

VPN = PairDraft(
    "it", "vpn", "Why does the VPN disconnect?", "Update it.", (Phrasing("tunnel drops"),)
)
MAIL = PairDraft("it", "mail", "How do I add a mail signature?", "Settings, then Signature.")
SAUNA = PairDraft("it", "sauna", "Where is the sauna?", "Behind the server room.")


class Office:
    """A store with a live generation, and the jobs that change it."""

    def __init__(self, room: IndexSettings, store: Store, engine: Engine) -> None:
        self.room, self.store, self.engine = room, store, engine
        self.told: list[tuple[float, str]] = []
        self.at: dict[str, Callable[[], object]] = {}
        store.pairs.upsert([VPN, MAIL])
        initialise(room, store, engine)

    @property
    def live(self) -> Generation:
        generation = self.store.generations.live()
        assert generation is not None
        return generation

    def report(self, share: float, detail: str) -> None:
        self.told.append((share, detail))
        if action := self.at.pop(detail.partition(",")[0], None):
            action()

    def claim(self, kind: JobKind = JobKind.REINDEX) -> Claim:
        job = self.store.jobs.begin(kind, "me")
        return Claim(job.id, "me")

    def finish(self, claim: Claim, state: JobState = JobState.DONE) -> None:
        self.store.jobs.finish(claim.job_id, state, {})

    def go_live(self, version: str = "base", claim: Claim | None = None) -> Generation:
        claim = claim or self.claim()
        try:
            return go_live(self.room, self.store, self.engine, version, claim, self.report)
        finally:
            self.finish(claim)

    def roll_back(self, generation_id: int | None = None) -> Generation:
        claim = self.claim(JobKind.ROLLBACK)
        try:
            return rollback(self.room, self.store, self.engine, generation_id, claim, self.report)
        finally:
            self.finish(claim)

    def ask(self, question: str) -> str | None:
        """What the live generation finds, as it is."""
        with closing(Live.open(self.room, self.store, self.engine)) as live:
            matches = live.searcher.search(live.searcher.read(question))
            return matches[0].pair.external_id if matches else None
