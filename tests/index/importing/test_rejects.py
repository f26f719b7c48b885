"""Rows that an import did not take, and where they are written."""

import json
from pathlib import Path

import pytest

from index.errors import ImportFailed
from index.importing.importer import ImportOptions, import_files
from index.store import Store
from tests.index.importing.imported import Stored, WriteFile, counts, qa


def test_bad_rows_are_rejected_and_the_others_imported(
    sqlite_store: Store, write_file: WriteFile, stored: Stored
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


def test_only_the_first_rejections_are_told(sqlite_store: Store, write_file: WriteFile) -> None:
    file = write_file("a.jsonl", [{"question": f"{n}?"} for n in range(50)])
    result = import_files(sqlite_store, [file])
    assert (result.rejected, len(result.rejections)) == (50, 5)
    assert result.rejects_path is not None
    assert len(result.rejects_path.read_text().splitlines()) == 50


def test_a_rejected_row_is_written_shortened(sqlite_store: Store, write_file: WriteFile) -> None:
    rows = [qa(1, answer="x" * 100_000), qa(2, topic=5, tags=["a\x00"])]
    result = import_files(
        sqlite_store, [write_file("a.jsonl", rows)], ImportOptions(rejects=Path("r.jsonl"))
    )
    assert result.rejects_path == Path("r.jsonl")
    assert len(Path("r.jsonl").read_text()) < 5000


def test_texts_that_cannot_be_written_are_no_failure(store: Store, write_file: WriteFile) -> None:
    content = r'{"question": "\ud800", "answer": "x", "audience": ["\ud800"], "\ud800": 1}'
    file = write_file("caf\udce9.jsonl", content + "\n" + r'{"id": "\ud800"}')
    result = import_files(store, [file], ImportOptions(sync=True))
    assert (result.rejected, result.sources) == (2, ("caf?",))
    assert result.rejects_path is not None
    assert len(result.rejects_path.read_text().splitlines()) == 2


def test_a_yaml_row_that_contains_itself_is_written(
    sqlite_store: Store, write_file: WriteFile
) -> None:
    file = write_file("a.yaml", "- question: Q?\n  answer: &a [*a]\n")
    result = import_files(sqlite_store, [file])
    assert result.rejections[0].reason == "answer must be text, not a list"


def test_without_rejects_there_is_no_file_and_an_old_one_goes(
    sqlite_store: Store, write_file: WriteFile
) -> None:
    import_files(sqlite_store, [write_file("a.jsonl", [{"question": "?"}])])
    assert Path("a.rejects.jsonl").exists()
    result = import_files(sqlite_store, [write_file("a.jsonl", [qa(1)])])
    assert result.rejects_path is None
    assert sorted(path.name for path in Path().iterdir()) == ["a.jsonl"]


def test_a_file_that_is_not_ours_is_not_removed(sqlite_store: Store, write_file: WriteFile) -> None:
    write_file("a.rejects.jsonl", '{"mine": 1}\n')
    import_files(sqlite_store, [write_file("a.jsonl", [qa(1)])])
    assert Path("a.rejects.jsonl").exists()


def test_the_rejects_never_overwrite_an_input(sqlite_store: Store, write_file: WriteFile) -> None:
    file = write_file("a.jsonl", [qa(1)])
    with pytest.raises(ImportFailed, match="to be imported"):
        import_files(sqlite_store, [file], ImportOptions(rejects=Path("a.jsonl")))
    with pytest.raises(ImportFailed, match="cannot be written"):
        import_files(sqlite_store, [file], ImportOptions(rejects=Path("no/folder/r.jsonl")))
    assert sqlite_store.pairs.revision() == 0


def test_unknown_keys_are_ignored_and_told_once(sqlite_store: Store, write_file: WriteFile) -> None:
    rows = [qa(n, colour="red", **({"Size": 1} if n else {})) for n in range(3)]
    result = import_files(sqlite_store, [write_file("a.jsonl", rows)])
    assert result.ignored == {"colour": 3, "size": 2}
    assert set(result.ignored_at) == {"colour", "size"}
    assert result.added == 3


def test_unknown_keys_without_end_are_cut(sqlite_store: Store, write_file: WriteFile) -> None:
    rows = [qa(n, **{f"key{n}": 1}) for n in range(100)]
    assert len(import_files(sqlite_store, [write_file("a.jsonl", rows)]).ignored) == 20
