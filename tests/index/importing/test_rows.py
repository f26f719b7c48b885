"""What each key of a row may be, and how it is cleaned."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from index.importing.rows import FaqRow, RowError, normalized, parse
from index.store.types import Origin, Phrasing, Status
from index.text import MAX_ANSWER, MAX_QUESTION
from tests.support.tables import table


def row(**values: object) -> FaqRow:
    known, _ = normalized({"question": "Q?", "answer": "A."} | values)
    return parse(known)


def test_a_row_needs_only_question_and_answer() -> None:
    assert row() == FaqRow(
        None, "Q?", "A.", (), None, None, (), (), None, None, None, None
    )  # fmt: skip


def test_a_question_is_one_line_and_an_answer_keeps_its_lines() -> None:
    found = row(question="  How\n do\tI? ", answer="\n\nOne  two \r\n\r\n\r\n\r\n    code\n\n")
    assert found.question == "How do I?"
    assert found.answer == "One  two\n\n\n\n    code"


def test_control_characters_are_removed() -> None:
    found = row(question="Q\x00\x07?\ufeff", answer="A\x1b[0m\u202e.\x00", tags=["a\x00b"])
    assert (found.question, found.answer, found.tags) == ("Q?", "A[0m.", ("ab",))


@table(
    [
        ({"question": None}, "question is missing"),
        ({"answer": None}, "answer is missing"),
        ({"question": ""}, "question is empty"),
        ({"question": " \n\u200b\x00"}, "question is empty"),
        ({"answer": "<p> </p><script>x</script>"}, "answer is empty"),
        ({"question": 5}, "question must be text, not a number"),
        ({"question": True}, "question must be text, not true"),
        ({"answer": ["A"]}, "answer must be text, not a list"),
        ({"answer": {"text": "A"}}, "answer must be text, not an object"),
        ({"question": "x" * (MAX_QUESTION + 1)}, "question has 2,001 characters; at most 2,000"),
        ({"answer": "x" * (MAX_ANSWER + 1)}, "answer has 20,001 characters; at most 20,000"),
        ({"answer": "x" * 1_000_000}, "answer has 1,000,000 characters"),
        ({"answer": "<div>" * 3000 + "x" + "</div>" * 3000}, "answer: HTML tags are nested"),
        ({"id": 1.5}, "id must be text, not a number"),
        ({"id": True}, "id must be text, not true"),
        ({"id": "x" * 201}, "id has 201 characters"),
        ({"source": []}, "source must be text"),
        ({"author": {}}, "author must be text"),
        ({"topic": 3}, "topic must be text"),
        ({"title": ["T"]}, "title must be text"),
        ({"url": "ftp://x"}, "url must be a web address"),
        ({"url": "javascript:alert(1)"}, "url must be a web address"),
        ({"url": "https://x.example/a b"}, "url must be a web address"),
        ({"url": "https://"}, "url must be a web address"),
        ({"tags": {"a": 1}}, "tags must be a list"),
        ({"tags": ["a", None]}, "tags must be text, not null"),
        ({"audience": 5}, "audience must be a list"),
        ({"audience": ["#help"]}, "audience must hold channel ids such as C0123ABCD, not '#help'"),
        ({"status": "done"}, "status must be one of draft, active, retired"),
        ({"status": 1}, "status must be text"),
        ({"phrasings": "how"}, "phrasings must be a list, not text"),
        ({"phrasings": [1]}, "phrasings must be text, not a number"),
        ({"phrasings": [{"origin": "vote"}]}, "phrasings must be text, not null"),
        ({"phrasings": [{"text": "a", "origin": "x"}]}, "phrasings: origin must be one of import"),
        ({"phrasings": ["x" * 2001]}, "phrasings has 2,001 characters"),
        ({"created_at": "yesterday"}, "created_at must be a time such as"),
        ({"created_at": 5}, "created_at must be text"),
        ({"created_at": "0001-01-01T00:00:00+05:00"}, "created_at must be a time such as"),
        ({"format": "pdf"}, "format must be"),
    ],
)
def test_a_bad_row_is_rejected_with_the_key_in_the_reason(
    values: dict[str, object], reason: str
) -> None:
    with pytest.raises(RowError) as caught:
        row(**values)
    assert str(caught.value).startswith(reason)


def test_texts_at_the_limit_are_taken() -> None:
    found = row(question="q" * MAX_QUESTION, answer="a" * MAX_ANSWER)
    assert (len(found.question), len(found.answer)) == (MAX_QUESTION, MAX_ANSWER)


def test_ids_may_be_whole_numbers_and_empty_ones_are_none() -> None:
    assert row(id=42).id == "42"
    assert row(id=" a\nb ").id == "a b"
    assert row(id="").id is None
    assert row(id=None).id is None


def test_phrasings_that_say_the_same_are_dropped() -> None:
    found = row(
        question="Reset password?",
        phrasings=[
            "reset  PASSWORD?",
            "pw reset",
            "PW Reset",
            "",
            {"text": "help", "origin": "vote"},
        ],
    )
    assert found.phrasings == (Phrasing("pw reset"), Phrasing("help", Origin.VOTE))


@table(["topic", "title", "category", "section", "filename", "Title"])
def test_the_topic_has_several_names(key: str) -> None:
    assert row(**{key: " VPN "}).topic == "VPN"


def test_topic_comes_before_its_other_names() -> None:
    assert row(title="Title", topic="Topic").topic == "Topic"
    assert row(title="Title", topic="").topic == "Title"


def test_lists_may_be_written_with_commas() -> None:
    assert row(tags="a, b,,a").tags == ("a", "b")
    assert row(audience="C1,C2").audience == ("C1", "C2")
    assert row(audience="C1, Outsiders").audience == ("C1", "outsiders")
    assert row(tags=["with, comma", 7]).tags == ("with, comma", "7")


def test_status_and_origin_are_read_in_any_case() -> None:
    assert row(status="Draft").status is Status.DRAFT


@table(
    [
        ("2026-01-31T09:00:00Z", datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ("2026-01-31 09:00:00", datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ("2026-01-31T09:00:00+02:00", datetime(2026, 1, 31, 7, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        (date(2026, 1, 31), datetime(2026, 1, 31, tzinfo=UTC)),
        (
            datetime(2026, 1, 31, 9, tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 1, 31, 8, tzinfo=UTC),
        ),
    ],
)
def test_times_are_utc_unless_they_say_otherwise(value: object, expected: datetime) -> None:
    assert row(created_at=value).created_at == expected


def test_html_is_turned_to_markdown_unless_the_row_says_text() -> None:
    html = {"question": "How <b>now</b>?", "answer": "<p>So</p>", "phrasings": ["<i>how</i>"]}
    found = row(**html)
    assert (found.question, found.answer) == ("How now?", "So")
    assert found.phrasings == (Phrasing("how"),)
    found = row(**html, format="text")
    assert (found.question, found.answer) == ("How <b>now</b>?", "<p>So</p>")
    assert found.phrasings == (Phrasing("<i>how</i>"),)


def test_keys_are_read_in_any_case_and_unknown_ones_named() -> None:
    known, unknown = normalized({"Question": "Q?", " ANSWER ": "A.", "Colour": 1, 5: 2})
    assert known == {"question": "Q?", "answer": "A."}
    assert unknown == ["colour", "5"]
