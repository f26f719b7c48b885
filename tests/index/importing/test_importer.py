"""Importing files: what gets in, what stops it, what it tells."""

import io
import json
import re
import sys
from pathlib import Path

import pytest

from index import processes
from index.errors import ImportFailed
from index.importing.importer import ImportOptions, import_files
from index.jobs.results import ImportCounts
from index.store import Store
from index.store.pairs import BATCH
from index.store.types import Status
from tests.index.importing.imported import Stored, WriteFile, counts, ids, qa


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


def test_a_quote_left_open_retires_nothing(
    sqlite_store: Store, write_file: WriteFile, stored: Stored
) -> None:
    head = "question,answer\n"
    import_files(sqlite_store, [write_file("a.csv", head + "A?,27 in\nB?,b\nC?,c\n")])
    path = write_file("a.csv", head + 'A?,"27 in\nB?,b\nC?,c\n')
    result = import_files(sqlite_store, [path], ImportOptions(sync=True))
    assert (result.rejected, result.rejections[0].line, result.retired) == (1, 2, 0)
    assert {q: p.status for q, p in stored().items()} == dict.fromkeys(
        ["A?", "B?", "C?"], Status.ACTIVE
    )


def test_a_key_that_is_nearly_audience_refuses_the_row(
    sqlite_store: Store, write_file: WriteFile
) -> None:
    path = write_file("a.jsonl", [qa(1, audiences=["C1"]), qa(2, Audiance="C1"), qa(3, author="A")])
    result = import_files(sqlite_store, [path])
    assert counts(result)[:5] == (1, 0, 0, 0, 2)
    assert "is audience meant?" in result.rejections[0].reason


def test_a_key_that_stands_twice_refuses_the_row(
    sqlite_store: Store, write_file: WriteFile
) -> None:
    result = import_files(sqlite_store, [write_file("a.jsonl", [qa(1, Answer="Other.")])])
    assert "the key answer stands twice" in result.rejections[0].reason


def test_a_csv_file_of_another_encoding_is_refused_with_advice(
    sqlite_store: Store, write_file: WriteFile
) -> None:
    content = "question;answer\r\nWhen?;Now.\r\nO\xf9 ?;L\xe0.\r\n".encode("cp1252")
    with pytest.raises(ImportFailed, match="line 3 is not UTF-8; save the file as 'CSV UTF-8'"):
        import_files(sqlite_store, [write_file("a.csv", content)])


def test_a_pair_that_is_probably_several_is_a_finding_and_an_error_when_strict(
    sqlite_store: Store, write_file: WriteFile
) -> None:
    path = write_file("a.jsonl", [qa(1), qa(2, answer="word " * 1500)])
    [finding] = import_files(sqlite_store, [path], ImportOptions(dry_run=True)).findings
    assert str(finding).startswith("a.jsonl line 2: one pair of 7,499 characters")
    with pytest.raises(ImportFailed, match="one pair of 7,499 characters"):
        import_files(sqlite_store, [path], ImportOptions(strict=True))
    assert not sqlite_store.pairs.count()[Status.ACTIVE]


def test_columns_may_have_other_names(
    sqlite_store: Store, write_file: WriteFile, stored: Stored
) -> None:
    path = write_file("a.csv", "Vraag;Lang antwoord;Answer\nWaar?;Hier.;x\n")
    columns = {"question": "vraag", "answer": "Lang antwoord"}
    assert import_files(sqlite_store, [path], ImportOptions(columns=columns)).added == 1
    assert stored()["Waar?"].answer == "Hier."
    for wrong, message in (({"question": "Q2"}, "Vraag"), ({"quest": "Vraag"}, "no key")):
        with pytest.raises(ImportFailed, match=message):
            import_files(sqlite_store, [path], ImportOptions(columns=wrong))
    with pytest.raises(ImportFailed, match="for CSV files only"):
        import_files(sqlite_store, [write_file("a.jsonl", [qa(1)])], ImportOptions(columns=columns))
