"""Which pair a row is, and what a second import changes."""

import pytest

from index.errors import ImportFailed
from index.importing.importer import ImportOptions, import_files
from index.store import Store
from index.store.types import Status
from tests.index.importing.imported import Stored, WriteFile, counts, qa
from tests.index.picks import add_picked_wording


def test_a_second_import_changes_nothing(sqlite_store: Store, write_file: WriteFile) -> None:
    rows = [qa(n, id=f"k{n}", phrasings=[f"p {n}"], tags=["t"]) for n in range(700)]
    rows += [qa(n) for n in range(700, 1300)]
    file = write_file("a.jsonl", rows)
    assert import_files(sqlite_store, [file]).added == 1300
    revision = sqlite_store.pairs.revision()
    assert counts(import_files(sqlite_store, [file])) == (0, 0, 1300, 0, 0, 0)
    assert sqlite_store.pairs.revision() == revision


def test_an_id_keeps_a_pair_whatever_changes(
    sqlite_store: Store, write_file: WriteFile, stored: Stored
) -> None:
    import_files(sqlite_store, [write_file("a.jsonl", [qa(1, id=7)])])
    [before] = stored().values()
    result = import_files(sqlite_store, [write_file("a.jsonl", [qa(2, id="7")])])
    [after] = stored().values()
    assert result.updated == 1
    assert (after.id, after.question) == (before.id, "Question 2?")


def test_without_an_id_the_question_identifies(
    sqlite_store: Store, write_file: WriteFile, stored: Stored
) -> None:
    import_files(sqlite_store, [write_file("a.jsonl", [qa(1)])])
    again = {"question": "  QUESTION 1? ", "answer": "New."}
    assert import_files(sqlite_store, [write_file("a.jsonl", [again])]).updated == 1
    assert [pair.answer for pair in stored().values()] == ["New."]


def test_one_question_may_have_several_answers(sqlite_store: Store, write_file: WriteFile) -> None:
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
    sqlite_store: Store, write_file: WriteFile
) -> None:
    file = write_file("a.jsonl", [qa(1, id="x"), qa(1, id="x"), qa(2, id="x")])
    result = import_files(sqlite_store, [file])
    assert counts(result) == (1, 0, 0, 1, 1, 0)
    assert result.rejections[0].line == 3
    assert "id 'x' was used before, at line 1" in result.rejections[0].reason


def test_the_same_id_in_two_files_names_the_other_file(
    sqlite_store: Store, write_file: WriteFile
) -> None:
    files = [write_file("a.jsonl", [qa(1, id="x")]), write_file("b.jsonl", [qa(2, id="x")])]
    assert import_files(sqlite_store, files).added == 2  # two sources
    result = import_files(sqlite_store, files, ImportOptions(source="kb"))
    assert "at a.jsonl line 1" in result.rejections[0].reason


def test_the_source_is_said_or_the_row_s_or_the_file_s(
    sqlite_store: Store, write_file: WriteFile, stored: Stored
) -> None:
    file = write_file("a.jsonl", [qa(1, source="wiki"), qa(2)])
    assert import_files(sqlite_store, [file]).sources == ("wiki", "a")
    assert import_files(sqlite_store, [file], ImportOptions(source="kb")).sources == ("kb",)
    assert sqlite_store.pairs.count()[Status.ACTIVE] == 4
    with pytest.raises(ImportFailed, match="source"):
        import_files(sqlite_store, [file], ImportOptions(source=" "))


def test_people_s_phrasings_outlive_an_import(
    sqlite_store: Store, write_file: WriteFile, stored: Stored
) -> None:
    file = write_file("a.jsonl", [qa(1, phrasings=["one"])])
    import_files(sqlite_store, [file])
    add_picked_wording(sqlite_store, stored()["Question 1?"].id, "picked")
    assert import_files(sqlite_store, [file]).unchanged == 1
    assert {p.text for p in stored()["Question 1?"].phrasings} == {"one", "picked"}
