"""A new generation goes live, and an old one again, while people ask: no answer is a mixture."""

import threading
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from index.generations.build import go_live
from index.generations.rollback import rollback
from index.generations.setup import open_engine
from index.store import Store
from index.store.leases import Claim
from index.store.tables import questions
from index.store.types import Generation, JobKind, JobState
from tests.bot.desk import ASKED, Desk, answers, draft, first_section
from tests.index.models import TURNED, link_models, write_turned
from tests.support.waiting import until


class Elsewhere:
    """The process that runs the jobs."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.settings = desk.index_settings
        models = self.settings.models_dir
        source = models.resolve()
        models.unlink()
        link_models(source, models)
        self.store = Store(self.settings.store_url)

    def go_live(self, version: str) -> Generation:
        return self._job(go_live, version)

    def roll_back(self, generation_id: int | None = None) -> Generation:
        return self._job(rollback, generation_id)

    def _job(self, work: Callable[..., Generation], what: object) -> Generation:
        job = self.store.jobs.begin(JobKind.REINDEX, "me")
        engine = open_engine(self.settings)
        claim = Claim(job.id, "me")
        generation = work(self.settings, self.store, engine, what, claim, lambda *_: None)
        self.store.jobs.finish(job.id, JobState.DONE, {})
        return generation


@pytest.fixture
def elsewhere(desk: Desk) -> Iterator[Elsewhere]:
    made = Elsewhere(desk)
    write_turned(made.settings.models_dir)
    yield made
    made.store.close()


def followed(desk: Desk, generation: Generation) -> None:
    """Wait until the bot answers from a generation."""

    def serves_it() -> bool:
        assert desk.service is not None
        with desk.service.serving.use() as live:
            return live.generation.id == generation.id

    until(serves_it, f"the bot answers from generation {generation.id}", 60)


def test_every_answer_is_of_one_model_and_its_own_collection(
    desk: Desk, elsewhere: Elsewhere
) -> None:
    desk.start()
    first = elsewhere.store.generations.live()
    assert first is not None
    asked: list[tuple[str, str]] = []
    stop = threading.Event()

    def ask_without_pause() -> None:
        while not stop.is_set():
            for name, text in ASKED.items():
                ts = desk.mention(desk.watched, text)
                desk.slack.wait_for_replies(desk.watched, ts, timeout=60)
                asked.append((name, ts))
                if stop.is_set():
                    return

    asking = threading.Thread(target=ask_without_pause)
    asking.start()
    try:
        until(lambda: asked, "a question is answered", 60)
        second = elsewhere.go_live(TURNED)
        followed(desk, second)
        soon = len(asked) + 2
        until(lambda: len(asked) > soon, "the new generation answers", 60)
        assert elsewhere.roll_back().id == first.id
        followed(desk, first)
    finally:
        stop.set()
        asking.join()

    # A model's query finds nothing in the other's collection: a mixture would be a wrong answer.
    for name, ts in asked:
        assert answers(desk.reply(desk.watched, ts), name), name
    with elsewhere.store.database.read() as connection:
        pairs = sa.select(questions.c.generation, questions.c.model).distinct()
        recorded = {(row.generation, row.model) for row in connection.execute(pairs)}
    assert recorded == {(first.id, "base"), (second.id, TURNED)}


def test_an_edit_is_found_after_the_switch_and_after_going_back(
    desk: Desk, elsewhere: Elsewhere
) -> None:
    desk.start()
    second = elsewhere.go_live(TURNED)
    followed(desk, second)
    elsewhere.store.pairs.upsert([draft("sauna", "Where is the sauna?", "Behind the server room.")])

    def ask() -> str:
        ts = desk.mention(desk.watched, "where is the sauna?")
        return first_section(desk.reply(desk.watched, ts))

    until(lambda: ask() == "Behind the server room.", "the edit is answered with")
    first = elsewhere.roll_back()
    followed(desk, first)
    assert ask() == "Behind the server room."
