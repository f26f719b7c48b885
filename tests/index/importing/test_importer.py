"""Importing files: what gets in, what is rejected, what a second import does."""

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from index import processes
from index.errors import ImportFailed
from index.importing.importer import ImportOptions, ImportResult, import_files
from index.jobs.results import ImportCounts
from index.store import Store
from index.store.pairs import BATCH
from index.store.types import Pair, Status
from tests.index.picks import add_picked_wording

WriteFile = Callable[..., Path]
Stored = Callable[[], dict[str, Pair]]


def qa(number: int, **values: object) -> dict[str, object]:
    return {"question": f"Question {number}?", "answer": f"Answer {number}."} | values


def counts(result: ImportResult) -> tuple[int, int, int, int, int, int]:
    return (
        result.added,
        result.updated,
        result.unchanged,
        result.duplicates,
        result.rejected,
        result.retired,
    )


def ids(store: Store, status: Status = Status.ACTIVE) -> set[str]:
    return {pair.external_id for window in store.pairs.walk(status=status) for pair in window}


def test_each_format_is_imported(
    sqlite_store: Store, write_file: WriteFile, stored: Stored
) -> None:
    files = [
        write_file("a.jsonl", [qa(1)]),
        write_file("b.csv", "question,answer\nQuestion 2?,Answer 2.\n"),
        write_file("c.yaml", "- question: Question 3?\n  answer: Answer 3.\n"),
        write_file("d.md", "# Question 4?\nAnswer 4.\n"),
        write_file("e.json", json.dumps([qa(5)])),
        write_file("f.tsv", "question\tanswer\nQuestion 6?\tAnswer 6.\n"),
    ]
    result = import_files(sqlite_store, files)
    assert counts(result) == (6, 0, 0, 0, 0, 0)
    assert result.read == 6
    assert result.sources == ("a", "b", "c", "d", "e", "f")
    assert {q: p.answer for q, p in stored().items()} == {
        f"Question {n}?": f"Answer {n}." for n in range(1, 7)
    }


def test_an_empty_file_is_no_failure(sqlite_store: Store, write_file: WriteFile) -> None:
    result = import_files(sqlite_store, [write_file("a.jsonl", "")], ImportOptions(sync=True))
    assert result.read == 0
    assert result.sources == ()


def test_json_lines_come_from_standard_input(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, stored: Stored
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(qa(1)).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert import_files(sqlite_store, [Path("-")], ImportOptions(strict=True)).added == 1
    assert stored()["Question 1?"].source == "stdin"


class TestIdentity:
    def test_a_second_import_changes_nothing(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        rows = [qa(n, id=f"k{n}", phrasings=[f"p {n}"], tags=["t"]) for n in range(700)]
        rows += [qa(n) for n in range(700, 1300)]
        file = write_file("a.jsonl", rows)
        assert import_files(sqlite_store, [file]).added == 1300
        revision = sqlite_store.pairs.revision()
        assert counts(import_files(sqlite_store, [file])) == (0, 0, 1300, 0, 0, 0)
        assert sqlite_store.pairs.revision() == revision

    def test_an_id_keeps_a_pair_whatever_changes(
        self, sqlite_store: Store, write_file: WriteFile, stored: Stored
    ) -> None:
        import_files(sqlite_store, [write_file("a.jsonl", [qa(1, id=7)])])
        [before] = stored().values()
        result = import_files(sqlite_store, [write_file("a.jsonl", [qa(2, id="7")])])
        [after] = stored().values()
        assert result.updated == 1
        assert (after.id, after.question) == (before.id, "Question 2?")

    def test_without_an_id_the_question_identifies(
        self, sqlite_store: Store, write_file: WriteFile, stored: Stored
    ) -> None:
        import_files(sqlite_store, [write_file("a.jsonl", [qa(1)])])
        again = {"question": "  QUESTION 1? ", "answer": "New."}
        assert import_files(sqlite_store, [write_file("a.jsonl", [again])]).updated == 1
        assert [pair.answer for pair in stored().values()] == ["New."]

    def test_one_question_may_have_several_answers(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        rows = [
            qa(1),
            qa(1, answer="Other."),
            qa(1),
            qa(1, answer="Third."),
            qa(1, answer="Other."),
        ]
        file = write_file("a.jsonl", rows)
        assert counts(import_files(sqlite_store, [file])) == (3, 0, 0, 2, 0, 0)
        assert counts(import_files(sqlite_store, [file])) == (0, 0, 3, 2, 0, 0)

    def test_an_id_used_twice_is_rejected_unless_all_is_the_same(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        file = write_file("a.jsonl", [qa(1, id="x"), qa(1, id="x"), qa(2, id="x")])
        result = import_files(sqlite_store, [file])
        assert counts(result) == (1, 0, 0, 1, 1, 0)
        assert result.rejections[0].line == 3
        assert "id 'x' was used before, at line 1" in result.rejections[0].reason

    def test_the_same_id_in_two_files_names_the_other_file(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        files = [write_file("a.jsonl", [qa(1, id="x")]), write_file("b.jsonl", [qa(2, id="x")])]
        assert import_files(sqlite_store, files).added == 2  # two sources
        result = import_files(sqlite_store, files, ImportOptions(source="kb"))
        assert "at a.jsonl line 1" in result.rejections[0].reason

    def test_the_source_is_said_or_the_row_s_or_the_file_s(
        self, sqlite_store: Store, write_file: WriteFile, stored: Stored
    ) -> None:
        file = write_file("a.jsonl", [qa(1, source="wiki"), qa(2)])
        assert import_files(sqlite_store, [file]).sources == ("wiki", "a")
        assert import_files(sqlite_store, [file], ImportOptions(source="kb")).sources == ("kb",)
        assert sqlite_store.pairs.count()[Status.ACTIVE] == 4
        with pytest.raises(ImportFailed, match="source"):
            import_files(sqlite_store, [file], ImportOptions(source=" "))

    def test_people_s_phrasings_outlive_an_import(
        self, sqlite_store: Store, write_file: WriteFile, stored: Stored
    ) -> None:
        file = write_file("a.jsonl", [qa(1, phrasings=["one"])])
        import_files(sqlite_store, [file])
        add_picked_wording(sqlite_store, stored()["Question 1?"].id, "picked")
        assert import_files(sqlite_store, [file]).unchanged == 1
        assert {p.text for p in stored()["Question 1?"].phrasings} == {"one", "picked"}


class TestRejects:
    def test_bad_rows_are_rejected_and_the_others_imported(
        self, sqlite_store: Store, write_file: WriteFile, stored: Stored
    ) -> None:
        lines = [json.dumps(qa(1)), '{"question": "No answer?"}', "{nonsense", json.dumps(qa(4))]
        file = write_file("faq.jsonl", "\n".join(lines).encode() + b'\n{"question": "\xff"}\n')
        result = import_files(sqlite_store, [file])
        assert counts(result) == (2, 0, 0, 0, 3, 0)
        assert [str(rejection) for rejection in result.rejections] == [
            "faq.jsonl line 2: answer is missing",
            "faq.jsonl line 3: not JSON: Expecting property name enclosed in double quotes at "
            "character 2",
            "faq.jsonl line 5: the row is not valid UTF-8",
        ]
        assert set(stored()) == {"Question 1?", "Question 4?"}
        assert result.rejects_path == Path("faq.rejects.jsonl")
        rejects = [json.loads(line) for line in result.rejects_path.read_text().splitlines()]
        assert [(r["file"], r["line"]) for r in rejects] == [("faq.jsonl", n) for n in (2, 3, 5)]
        assert rejects[0]["reason"] == "answer is missing"
        assert rejects[0]["row"] == {"question": "No answer?"}
        assert rejects[1]["row"] == "{nonsense\n"

    def test_only_the_first_rejections_are_told(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        file = write_file("a.jsonl", [{"question": f"{n}?"} for n in range(50)])
        result = import_files(sqlite_store, [file])
        assert (result.rejected, len(result.rejections)) == (50, 5)
        assert result.rejects_path is not None
        assert len(result.rejects_path.read_text().splitlines()) == 50

    def test_a_rejected_row_is_written_shortened(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        rows = [qa(1, answer="x" * 100_000), qa(2, topic=5, tags=["a\x00"])]
        result = import_files(
            sqlite_store, [write_file("a.jsonl", rows)], ImportOptions(rejects=Path("r.jsonl"))
        )
        assert result.rejects_path == Path("r.jsonl")
        assert len(Path("r.jsonl").read_text()) < 5000

    def test_texts_that_cannot_be_written_are_no_failure(
        self, store: Store, write_file: WriteFile
    ) -> None:
        content = r'{"question": "\ud800", "answer": "x", "audience": ["\ud800"], "\ud800": 1}'
        file = write_file("caf\udce9.jsonl", content + "\n" + r'{"id": "\ud800"}')
        result = import_files(store, [file], ImportOptions(sync=True))
        assert (result.rejected, result.sources) == (2, ("caf?",))
        assert result.rejects_path is not None
        assert len(result.rejects_path.read_text().splitlines()) == 2

    def test_a_yaml_row_that_contains_itself_is_written(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        file = write_file("a.yaml", "- question: Q?\n  answer: &a [*a]\n")
        result = import_files(sqlite_store, [file])
        assert result.rejections[0].reason == "answer must be text, not a list"

    def test_without_rejects_there_is_no_file_and_an_old_one_goes(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        import_files(sqlite_store, [write_file("a.jsonl", [{"question": "?"}])])
        assert Path("a.rejects.jsonl").exists()
        result = import_files(sqlite_store, [write_file("a.jsonl", [qa(1)])])
        assert result.rejects_path is None
        assert sorted(path.name for path in Path().iterdir()) == ["a.jsonl"]

    def test_a_file_that_is_not_ours_is_not_removed(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        write_file("a.rejects.jsonl", '{"mine": 1}\n')
        import_files(sqlite_store, [write_file("a.jsonl", [qa(1)])])
        assert Path("a.rejects.jsonl").exists()

    def test_the_rejects_never_overwrite_an_input(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        file = write_file("a.jsonl", [qa(1)])
        with pytest.raises(ImportFailed, match="to be imported"):
            import_files(sqlite_store, [file], ImportOptions(rejects=Path("a.jsonl")))
        with pytest.raises(ImportFailed, match="cannot be written"):
            import_files(sqlite_store, [file], ImportOptions(rejects=Path("no/folder/r.jsonl")))
        assert sqlite_store.pairs.revision() == 0

    def test_unknown_keys_are_ignored_and_told_once(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        rows = [qa(n, colour="red", **({"Size": 1} if n else {})) for n in range(3)]
        result = import_files(sqlite_store, [write_file("a.jsonl", rows)])
        assert result.ignored == {"colour": 3, "size": 2}
        assert result.added == 3

    def test_unknown_keys_without_end_are_cut(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        rows = [qa(n, **{f"key{n}": 1}) for n in range(100)]
        assert len(import_files(sqlite_store, [write_file("a.jsonl", rows)]).ignored) == 20


class TestBeforeAnythingIsWritten:
    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("none.jsonl", None, "none.jsonl does not exist"),
            ("faq.docx", "x", "faq.docx: the extension must be one of .jsonl"),
            ("faq", "x", "faq: the extension must be one of"),
            ("faq.csv", "a,b\n1,2\n", "faq.csv: the first row of a CSV file must name"),
        ],
    )
    def test_a_file_that_cannot_be_imported_stops_the_import(
        self,
        sqlite_store: Store,
        write_file: WriteFile,
        name: str,
        content: str | None,
        reason: str,
    ) -> None:
        files = [write_file("good.jsonl", [qa(1)]), Path(name)]
        if content is not None:
            write_file(name, content)
        with pytest.raises(ImportFailed) as caught:
            import_files(sqlite_store, files)
        assert str(caught.value).startswith(reason)
        assert "\n" not in str(caught.value)
        assert sqlite_store.pairs.revision() == 0
        assert sqlite_store.jobs.latest() == []

    def test_a_folder_stops_the_import(self, sqlite_store: Store) -> None:
        Path("folder.md").mkdir()
        with pytest.raises(ImportFailed, match="is a folder"):
            import_files(sqlite_store, [Path("folder.md")])

    def test_no_file_at_all_is_told(self, sqlite_store: Store) -> None:
        with pytest.raises(ImportFailed, match="no file"):
            import_files(sqlite_store, [])


class TestStrict:
    def test_one_bad_row_stops_everything(self, sqlite_store: Store, write_file: WriteFile) -> None:
        rows = [qa(n) for n in range(BATCH + 1)] + [{"question": f"{n}?"} for n in range(7)]
        file = write_file("a.jsonl", rows)
        with pytest.raises(ImportFailed) as caught:
            import_files(sqlite_store, [file], ImportOptions(strict=True))
        message = str(caught.value)
        assert "7 of 508 rows are bad" in message
        assert "a.jsonl line 502: answer is missing" in message
        assert "and 2 more" in message
        assert sqlite_store.pairs.revision() == 0

    def test_good_rows_are_imported(self, sqlite_store: Store, write_file: WriteFile) -> None:
        file = write_file("a.jsonl", [qa(1), qa(1), qa(2)])
        result = import_files(sqlite_store, [file], ImportOptions(strict=True))
        assert counts(result) == (2, 0, 0, 1, 0, 0)


class TestSync:
    def test_pairs_that_are_gone_are_retired_and_come_back(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        both = [qa(1, id="1"), qa(2, id="2"), qa(3)]
        import_files(sqlite_store, [write_file("other.jsonl", [qa(9, id="9")])])
        import_files(sqlite_store, [write_file("a.jsonl", both)], ImportOptions(sync=True))
        result = import_files(
            sqlite_store, [write_file("a.jsonl", both[:1])], ImportOptions(sync=True)
        )
        assert counts(result) == (0, 0, 1, 0, 0, 2)
        assert ids(sqlite_store) == {"1", "9"}
        revision = sqlite_store.pairs.revision()
        assert import_files(sqlite_store, [Path("a.jsonl")], ImportOptions(sync=True)).retired == 0
        assert sqlite_store.pairs.revision() == revision
        result = import_files(sqlite_store, [write_file("a.jsonl", both)], ImportOptions(sync=True))
        assert counts(result) == (0, 2, 1, 0, 0, 0)

    def test_without_sync_nothing_is_retired(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        import_files(sqlite_store, [write_file("a.jsonl", [qa(1), qa(2)])])
        assert import_files(sqlite_store, [write_file("a.jsonl", [qa(1)])]).retired == 0

    def test_a_rejected_row_with_an_id_is_still_there(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        import_files(sqlite_store, [write_file("a.jsonl", [qa(n, id=str(n)) for n in range(3)])])
        rows = [qa(0, id="0"), qa(1, id="1", answer="")]
        result = import_files(sqlite_store, [write_file("a.jsonl", rows)], ImportOptions(sync=True))
        assert (result.rejected, result.retired, result.unsynced) == (1, 1, ())
        assert ids(sqlite_store) == {"0", "1"}

    @pytest.mark.parametrize("bad", ["{broken", '{"question": "", "answer": "x"}', '{"id": {}}'])
    def test_a_rejected_row_without_identity_keeps_its_source(
        self, sqlite_store: Store, write_file: WriteFile, bad: str
    ) -> None:
        good = json.dumps(qa(0, id="0"))
        gone = json.dumps(qa(1, id="1"))
        import_files(sqlite_store, [write_file("a.jsonl", f"{good}\n{gone}\n")])
        for source in (None, "a"):
            file = write_file("a.jsonl", f"{good}\n{bad}\n")
            result = import_files(sqlite_store, [file], ImportOptions(sync=True, source=source))
            assert (result.retired, result.unsynced) == (0, ("a",))
        assert ids(sqlite_store) == {"0", "1"}

    def test_other_sources_are_synced_all_the_same(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        rows = [qa(n, source=source) for source in "ab" for n in range(2)]
        import_files(sqlite_store, [write_file("f.jsonl", rows)])
        rows = [qa(0, source="a"), qa(0, source="b"), {"question": "no answer", "source": "b"}]
        result = import_files(sqlite_store, [write_file("f.jsonl", rows)], ImportOptions(sync=True))
        assert (result.retired, result.unsynced) == (1, ("b",))

    def test_an_unreadable_row_may_be_of_any_source(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        import_files(sqlite_store, [write_file("f.jsonl", [qa(0, source="a"), qa(1, source="a")])])
        content = json.dumps(qa(0, source="a")) + "\n{broken\n"
        result = import_files(
            sqlite_store, [write_file("f.jsonl", content)], ImportOptions(sync=True)
        )
        assert (result.retired, result.unsynced) == (0, ("a", "f"))

    def test_an_empty_file_retires_nothing(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        import_files(sqlite_store, [write_file("a.jsonl", [qa(1)])])
        file = write_file("a.jsonl", "")
        assert import_files(sqlite_store, [file], ImportOptions(sync=True, source="a")).retired == 0


class TestDryRun:
    def test_it_tells_what_would_happen_and_writes_nothing(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        old = [qa(1, id="1"), qa(2, id="2"), qa(3, id="3")]
        import_files(sqlite_store, [write_file("a.jsonl", old)])
        revision, jobs = sqlite_store.pairs.revision(), sqlite_store.jobs.latest()
        new = [qa(1, id="1"), qa(9, id="2"), qa(4, id="4"), qa(4, id="4"), {"id": "5"}]
        file = write_file("a.jsonl", new)
        foreseen = import_files(sqlite_store, [file], ImportOptions(sync=True, dry_run=True))
        assert counts(foreseen) == (1, 1, 1, 1, 1, 1)
        assert foreseen.dry_run
        assert (sqlite_store.pairs.revision(), sqlite_store.jobs.latest()) == (revision, jobs)
        assert sorted(path.name for path in Path().iterdir()) == ["a.jsonl"]
        done = import_files(sqlite_store, [file], ImportOptions(sync=True))
        assert counts(done) == counts(foreseen)

    def test_it_writes_the_rejects_where_it_is_told_to(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        file = write_file("a.jsonl", [{"question": "?"}])
        import_files(sqlite_store, [file], ImportOptions(dry_run=True, rejects=Path("r.jsonl")))
        assert Path("r.jsonl").exists()


class TestRecord:
    def test_an_import_is_a_job(self, sqlite_store: Store, write_file: WriteFile) -> None:
        file = write_file("a.jsonl", [qa(1), {"question": "?"}])
        import_files(sqlite_store, [file])
        [job] = sqlite_store.jobs.latest()
        assert job.owner == processes.owner()  # so that it is known when it was killed
        assert (job.kind, job.state, job.detail) == ("import", "done", "a.jsonl")
        assert (job.result["added"], job.result["rejected"]) == (1, 1)
        assert ImportCounts.from_json(job.result) == ImportCounts(read=2, added=1, rejected=1)

    @pytest.mark.parametrize("strict", [False, True])
    def test_progress_reaches_the_end(
        self, sqlite_store: Store, write_file: WriteFile, strict: bool
    ) -> None:
        files = [write_file(f"{name}.jsonl", [qa(n) for n in range(2000)]) for name in "ab"]
        seen: list[tuple[int, int]] = []
        import_files(
            sqlite_store, files, ImportOptions(strict=strict, progress=lambda *at: seen.append(at))
        )
        size = sum(file.stat().st_size for file in files) * (2 if strict else 1)
        assert len(seen) > 4
        assert seen == sorted(seen)
        assert seen[-1] == (size, size)

    def test_an_interrupted_import_leaves_whole_batches_and_is_repeated(
        self, sqlite_store: Store, write_file: WriteFile
    ) -> None:
        file = write_file("a.jsonl", [qa(n) for n in range(3 * BATCH)] + [{"question": "?"}])
        calls = 0

        def interrupt(done: int, total: int) -> None:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            import_files(sqlite_store, [file], ImportOptions(progress=interrupt))
        written = sqlite_store.pairs.count()[Status.ACTIVE]
        assert written % BATCH == 0
        assert 0 < written < 3 * BATCH
        assert sqlite_store.jobs.latest()[0].state == "cancelled"
        result = import_files(sqlite_store, [file])
        assert (result.added, result.unchanged) == (3 * BATCH - written, written)


@pytest.mark.parametrize(
    ("language", "name"),
    [("json", "a.jsonl"), ("csv", "a.csv"), ("yaml", "a.yaml"), ("markdown", "a.md")],
)
def test_the_examples_in_the_documentation_import(
    sqlite_store: Store, write_file: WriteFile, stored: Stored, language: str, name: str
) -> None:
    text = (Path(__file__).parents[3] / "docs" / "importing.md").read_text(encoding="utf-8")
    [example] = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    import_files(sqlite_store, [write_file(name, example)], ImportOptions(strict=True))
    pair = stored()["How do I connect on a Mac?"]
    assert pair.answer == "Open **Connect**."
    if language == "markdown":
        assert (pair.topic, pair.audience) == ("VPN", ("C0123ABCD",))
    else:
        assert pair.phrasings[0].text == "vpn mac"


def test_an_import_works_on_every_database(store: Store, write_file: WriteFile) -> None:
    rows = [qa(n, id=str(n), phrasings=["a\x00b", "😀"], tags=["t\x00"]) for n in range(BATCH + 5)]
    file = write_file("a.jsonl", [*rows, qa(1, id="long", author="x" * 201)])
    result = import_files(store, [file], ImportOptions(sync=True))
    assert counts(result) == (BATCH + 5, 0, 0, 0, 1, 0)
    result = import_files(store, [file], ImportOptions(sync=True))
    assert counts(result) == (0, 0, BATCH + 5, 0, 1, 0)
