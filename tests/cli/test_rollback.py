"""`faqbot rollback`."""

from contextlib import closing
from pathlib import Path

from index.generations.setup import open_engine
from index.settings import IndexSettings
from index.store import Store
from tests.cli.outcomes import Children, Run, refusal


def test_what_is_no_generation_is_said_with_those_that_can_be_gone_back_to(
    run: Run, store: Store, tmp_path: Path
) -> None:
    line = refusal(run("rollback", "abc"))
    assert line == "faqbot: 'abc' is no generation; there is none to go back to yet"
    settings = IndexSettings(data_dir=tmp_path / "faqbot-data")
    with closing(open_engine(settings)) as engine:
        engine.create("faq-1", dimension=4).close()
    (settings.models_dir / "m1").mkdir(parents=True)
    line = refusal(run("rollback", "abc"))
    assert line == "faqbot: 'abc' is no generation; to go back to there is 1"
    assert store.jobs.latest() == []


def test_where_there_is_nothing_to_go_back_to_that_is_said_at_once(
    run: Run, store: Store, children: Children
) -> None:
    children("done()")
    line = refusal(run("rollback"))
    assert line == "faqbot: there is no generation to go back to: 2 is the only one that is kept"
    assert "no generation 1 to go back to" in refusal(run("rollback", "1"))
    assert store.jobs.latest() == []


def test_what_is_not_kept_is_refused_at_once(
    run: Run, both_kept: Store, children: Children
) -> None:
    children("done()")
    line = refusal(run("rollback", "7"))
    assert line == "faqbot: generation 7 is not kept; to go back to there is 1"
    assert "generation 2 is the one that answers already" in refusal(run("rollback", "2"))
    assert both_kept.jobs.latest() == []
