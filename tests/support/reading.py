"""Watches what is cleaned on its way from a message to a search."""

import pytest

from index.query import cleaning


def record_cleaned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list that every message which is read is added to, from now on."""
    cleaned: list[str] = []
    clean = cleaning.clean

    def recording(text: str) -> str:
        cleaned.append(text)
        return clean(text)

    monkeypatch.setattr(cleaning, "clean", recording)
    return cleaned
