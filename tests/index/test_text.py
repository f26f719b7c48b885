"""Texts made fit to store, compare and embed."""

from index.text import ends_of


def test_a_text_that_is_not_too_long_stays_as_it_is() -> None:
    assert ends_of("0123456789", 10) == "0123456789"


def test_of_a_longer_text_the_middle_is_left_out() -> None:
    assert ends_of("0123456789abcdef", 10) == "01234\ncdef"
    assert ends_of("0123456789abcdef", 11, " ... ") == "01234 ... f"
