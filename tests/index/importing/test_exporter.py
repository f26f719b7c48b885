"""Exporting: what comes back from a file is what was in the store."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import FaqbotError
from index.importing.exporter import Exported, export_pairs
from index.importing.importer import ImportOptions, import_files
from index.store import Store, tables
from index.store.types import Origin, Pair, PairDraft, Phrasing, Status
from index.text import clean, fold, one_line
from tests.index.picks import add_picked_wording

LOSSLESS: tuple[str, ...] = ("jsonl", "csv", "yaml")

AWKWARD = [
    PairDraft(
        "kb",
        "all",
        "How do I connect?",
        "One\n\n```sh\nvpn up  # now\n```\n\n- a\n  - b",
        phrasings=(Phrasing("a | b"), Phrasing("vote", Origin.VOTE), Phrasing("[1]")),
        topic="VPN, and more",
        url="https://kb.example/1?a=1&b=2",
        tags=("a,b", "c", "[x]"),
        audience=("C1", "outsiders"),
        status=Status.DRAFT,
        author="U1",
        created_at=datetime(2020, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    ),
    PairDraft(
        "kb",
        "html",
        "What is <b>x</b>?",
        "<p>As text</p> &amp;",
        phrasings=(Phrasing("<i>y</i>"),),
    ),
    PairDraft("kb", "formula", "=1+1", "@SUM(A1)\n-2\n+3", status=Status.RETIRED),
    PairDraft(
        "other, source",
        "1",
        "no",
        "null",
        topic="~",
        tags=("yes", "1.0"),
        phrasings=(Phrasing("012"),),
    ),
    PairDraft("kb", "marks", "# *a* [b](c) `d` > e: 'f' \"g\" #", "---\n# not a topic\n\ttab \\n"),
    PairDraft("kb", "words", "你好 🙂 é?", "a\u2028b\u2029c\n  d\ne\xa0f"),
    PairDraft("kb", "one phrasing", "Q|?", "a", phrasings=(Phrasing("x|y"),)),
]


def facts(store: Store) -> list[tuple[object, ...]]:
    names = [*PairDraft.__dataclass_fields__, "id"]
    return [
        tuple(getattr(pair, name) for name in names)
        for window in store.pairs.walk()
        for pair in window
    ]


def copy_of(store: Store, form: str, folder: Path) -> list[tuple[object, ...]]:
    """What an empty store holds after it has imported the export of another."""
    path = folder / f"export.{form}"
    count = export_pairs(store, path, format=form).written
    target = Store.open("sqlite://")
    result = import_files(target, [path])  # not strictly: what it remarks on is imported too
    assert (result.read, result.added, result.rejected) == (count, count, 0)
    copied = facts(target)
    target.close()
    return copied


@pytest.mark.parametrize("form", LOSSLESS)
def test_an_export_holds_everything(sqlite_store: Store, tmp_path: Path, form: str) -> None:
    sqlite_store.pairs.upsert(AWKWARD)
    before = facts(sqlite_store)
    assert copy_of(sqlite_store, form, tmp_path) == before
    # And into the same store it changes nothing.
    revision = sqlite_store.pairs.revision()
    import_files(sqlite_store, [tmp_path / f"export.{form}"], ImportOptions(sync=True))
    assert sqlite_store.pairs.revision() == revision
    assert facts(sqlite_store) == before


MARKS = " \n\t\r|,;[]{}\"'`<>&#*_-=+@:?!\\~%\u2028\u2029\x85\ufeff\xa0\ue000\ue001\u0301"
PIECES = ["<b>", "</b>", "<br>", "&amp;", "- ", "\n---\n", "```", "null", "🙂", "e\x00\u0301"]
ANY_TEXT = st.lists(
    st.one_of(st.characters(), st.sampled_from(MARKS), st.sampled_from(PIECES)), max_size=25
).map("".join)
LINE = ANY_TEXT.map(one_line).filter(lambda text: text.strip("\u200b\u200c\u200d\u2060\xad"))
VISIBLE = ANY_TEXT.map(lambda text: clean("x" + text))


@pytest.fixture(scope="module")
def two_stores() -> Iterator[tuple[Store, Store]]:
    stores = Store.open("sqlite://"), Store.open("sqlite://")
    yield stores
    for store in stores:
        store.close()


@st.composite
def drafts(draw: st.DrawFn) -> PairDraft:
    question = one_line("Q" + draw(ANY_TEXT))
    wordings: dict[str, Phrasing] = {}
    for text in draw(st.lists(VISIBLE.map(one_line), max_size=3)):
        if fold(text) != fold(question):
            wordings.setdefault(fold(text), Phrasing(text, draw(st.sampled_from(Origin))))
    return PairDraft(
        source=draw(LINE),
        external_id=draw(LINE),
        question=question,
        answer=draw(VISIBLE),
        phrasings=tuple(wordings.values()),
        topic=draw(st.none() | LINE),
        tags=tuple(dict.fromkeys(draw(st.lists(LINE, max_size=3)))),
        audience=tuple(draw(st.lists(st.sampled_from(["C1", "C2", "outsiders"]), unique=True))),
        status=draw(st.sampled_from(Status)),
        author=draw(st.none() | LINE),
        created_at=draw(st.datetimes(timezones=st.just(UTC))),
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", LOSSLESS)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs=st.lists(drafts(), min_size=1, max_size=4, unique_by=lambda draft: draft.id))
def test_any_pair_survives_the_round_trip(
    two_stores: tuple[Store, Store], form: str, pairs: Sequence[PairDraft]
) -> None:
    for store in two_stores:
        with store.database.write() as connection:
            connection.execute(sa.delete(tables.pairs))
    store, target = two_stores
    store.pairs.upsert(pairs)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{form}"
        export_pairs(store, path, format=form)
        assert import_files(target, [path]).rejected == 0
    assert facts(target) == facts(store)


@given(ANY_TEXT)
def test_cleaning_a_cleaned_text_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert one_line(one_line(text)) == one_line(text)


def test_only_texts_that_look_like_html_are_marked(sqlite_store: Store, tmp_path: Path) -> None:
    sqlite_store.pairs.upsert(AWKWARD)
    out = io.StringIO()
    export_pairs(sqlite_store, out)
    marked = [line for line in out.getvalue().splitlines() if '"format": "text"' in line]
    assert len(marked) == 1
    assert "<p>As text</p>" in marked[0]


def test_csv_cells_are_not_changed_for_spreadsheets(sqlite_store: Store) -> None:
    sqlite_store.pairs.upsert(AWKWARD[2:3])
    out = io.StringIO()
    export_pairs(sqlite_store, out, format="csv")
    [row] = csv.DictReader(io.StringIO(out.getvalue()))
    assert row["question"] == "=1+1"


def test_status_and_source_choose_what_is_exported(sqlite_store: Store) -> None:
    sqlite_store.pairs.upsert(AWKWARD)
    assert export_pairs(sqlite_store, io.StringIO()).written == 7
    assert export_pairs(sqlite_store, io.StringIO(), status=Status.DRAFT).written == 1
    assert export_pairs(sqlite_store, io.StringIO(), source="kb").written == 6
    assert (
        export_pairs(sqlite_store, io.StringIO(), source="kb", status=Status.RETIRED).written == 1
    )


@pytest.mark.parametrize("form", [*LOSSLESS, "md"])
def test_an_empty_store_gives_a_file_that_imports(
    sqlite_store: Store, tmp_path: Path, form: str
) -> None:
    assert copy_of(sqlite_store, form, tmp_path) == []


def test_a_file_appears_when_it_is_complete(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_store.pairs.upsert(AWKWARD)
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "faq.jsonl"
    path.write_text("old")

    def fail(*args: object, **kwargs: object) -> object:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("index.importing.exporter.row_of", fail)
        with pytest.raises(RuntimeError, match="killed"):
            export_pairs(sqlite_store, path)
    assert [(p.name, p.read_text()) for p in folder.iterdir()] == [("faq.jsonl", "old")]
    export_pairs(sqlite_store, path)
    assert [p.name for p in folder.iterdir()] == ["faq.jsonl"]
    assert path.read_text().count("\n") == 7


def test_a_file_that_cannot_be_written_is_told(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(FaqbotError, match="cannot be written"):
        export_pairs(sqlite_store, tmp_path / "none" / "faq.jsonl")


def test_an_export_is_the_same_each_time(store: Store) -> None:
    store.pairs.upsert(AWKWARD)
    first, second = io.StringIO(), io.StringIO()
    export_pairs(store, first)
    assert add_picked_wording(store, AWKWARD[1].id, "new")
    export_pairs(store, second)
    changed = set(first.getvalue().splitlines()) ^ set(second.getvalue().splitlines())
    assert len(changed) == 2  # one pair, before and after, in its place


def test_an_export_is_in_an_order_that_people_find_their_way_in(store: Store) -> None:
    questions = [("b", "VPN", "Zoo?"), ("a", None, "éa?"), ("b", "VPN", "Abc?"), ("a", "x", "É?")]
    questions += [("a", None, "a b?"), ("a", None, "ab?"), ("a", None, "B?"), ("b", "Mail", "M?")]
    store.pairs.upsert(
        [
            PairDraft(source, str(99 - n), question, "A.", topic=topic)
            for n, (source, topic, question) in enumerate(questions)
        ]
    )
    out = io.StringIO()
    export_pairs(store, out)
    exported = [json.loads(line)["question"] for line in out.getvalue().splitlines()]
    assert exported == ["B?", "a b?", "ab?", "éa?", "É?", "M?", "Abc?", "Zoo?"]


class TestMarkdown:
    def exported(self, store: Store, *pairs: PairDraft) -> str:
        store.pairs.upsert(pairs)
        out = io.StringIO()
        export_pairs(store, out, format="md")
        return out.getvalue()

    def test_it_reads_as_a_document(self, sqlite_store: Store) -> None:
        text = self.exported(
            sqlite_store,
            PairDraft("kb", "1", "Two?", "B.", topic="VPN"),
            PairDraft("kb", "2", "One?", "A."),
            PairDraft("kb", "3", "Three?", "C.", topic="VPN"),
        )
        assert text == "## One?\n\nA.\n\n# VPN\n\n## Three?\n\nC.\n\n## Two?\n\nB.\n\n"

    def test_question_answer_and_topic_come_back(
        self, sqlite_store: Store, stored: Callable[[], dict[str, Pair]], tmp_path: Path
    ) -> None:
        pairs = [
            PairDraft("kb", "1", "What is *this* <b> & `that` #?", "A.\n\n- b", topic="_T_ #1"),
            PairDraft("kb", "2", "Open fence?", "```\nnever closed", topic="_T_ #1"),
            PairDraft("kb", "3", "Comment?", "<!-- never closed"),
            PairDraft("kb", "4", "Plain", "```\n# code\n```\n\n> # quote"),
        ]
        path = tmp_path / "faq.md"
        path.write_text(self.exported(sqlite_store, *pairs))
        copy = Store.open("sqlite://")
        assert import_files(copy, [path], ImportOptions(strict=True)).added == 4
        found = {p.question: p for window in copy.pairs.walk() for p in window}
        assert {q: p.topic for q, p in found.items()} == {p.question: p.topic for p in pairs}
        assert found[pairs[0].question].answer == pairs[0].answer
        assert found["Plain"].answer == pairs[3].answer
        copy.close()

    def test_headings_in_an_answer_do_not_become_questions(
        self, sqlite_store: Store, tmp_path: Path
    ) -> None:
        answer = "# First\ntext\n\nSecond\n---\n\n### Third ###\nmore"
        text = self.exported(sqlite_store, PairDraft("kb", "1", "Q?", answer))
        assert text == "## Q?\n\n**First**\ntext\n\n**Second**\n\n**Third**\nmore\n\n"

    def test_it_holds_only_what_everybody_may_see(self, sqlite_store: Store) -> None:
        text = self.exported(
            sqlite_store,
            PairDraft("kb", "1", "Public?", "A."),
            PairDraft("kb", "2", "Secret?", "B.", audience=("C1", "outsiders")),
            PairDraft("kb", "3", "Draft?", "C.", status=Status.DRAFT),
        )
        assert text == "## Public?\n\nA.\n\n"

    def test_what_is_left_out_is_counted(self, sqlite_store: Store) -> None:
        sqlite_store.pairs.upsert(
            [
                PairDraft("kb", "1", "Public?", "A."),
                PairDraft("kb", "2", "Secret?", "B.", audience=("C1",)),
                PairDraft("kb", "3", "Draft?", "C.", status=Status.DRAFT),
                PairDraft("kb", "4", "Old?", "D.", audience=("C1",), status=Status.RETIRED),
            ]
        )
        assert export_pairs(sqlite_store, io.StringIO(), format="md") == Exported(1, 2, 1)
        assert export_pairs(sqlite_store, io.StringIO(), format="csv") == Exported(4)
