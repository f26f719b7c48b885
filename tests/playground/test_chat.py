"""What the terminal client makes of Slack's markup."""

import sys

import pytest

from playground.chat import shown_on_screen


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)


@pytest.mark.usefixtures("_terminal")
@pytest.mark.parametrize(
    ("mrkdwn", "shown"),
    [
        ("*pairs*: 130 &amp; more", "\x1b[1mpairs\x1b[22m: 130 & more"),
        ("(*two words*), *b*", "(\x1b[1mtwo words\x1b[22m), \x1b[1mb\x1b[22m"),
        ("2*3*4, * no *, a *b", "2*3*4, * no *, a *b"),
        ("`*.py` and ```\n*x*\n``` *y*", "`*.py` and ```\n*x*\n``` \x1b[1my\x1b[22m"),
        ("*one\ntwo*", "*one\ntwo*"),
    ],
)
def test_bold_is_bold_on_a_terminal(mrkdwn: str, shown: str) -> None:
    assert shown_on_screen(mrkdwn) == shown


def test_elsewhere_the_stars_stay() -> None:
    assert shown_on_screen("*pairs*: 130 &amp; more") == "*pairs*: 130 & more"


@pytest.mark.usefixtures("_terminal")
def test_who_wants_no_colours_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown_on_screen("*pairs*") == "*pairs*"
