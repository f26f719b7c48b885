"""`faqbot rollback`."""

from contextlib import closing
from pathlib import Path

from index.generations.setup import open_engine
from index.settings import IndexSettings
from index.store import Store
from tests.cli.outcomes import Run, refusal


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
