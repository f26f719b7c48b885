"""Texts made fit to store, compare and embed."""

from index.text import counted, ends_of


def test_a_text_that_is_not_too_long_stays_as_it_is() -> None:
    assert ends_of("0123456789", 10) == "0123456789"


def test_of_a_longer_text_the_middle_is_left_out() -> None:
    assert ends_of("0123456789abcdef", 10) == "01234\ncdef"
    assert ends_of("0123456789abcdef", 11, " ... ") == "01234 ... f"


def test_one_of_something_is_no_plural() -> None:
    assert [counted(n, "pair") for n in (0, 1, 2)] == ["0 pairs", "1 pair", "2 pairs"]
    assert [counted(n, "person", "people") for n in (1, 2)] == ["1 person", "2 people"]
