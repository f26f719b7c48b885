"""An FAQ entry on a card: its texts made mrkdwn once, however often they are measured and shown."""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from bot.cards import wording
from bot.cards.kit import QUESTION_LIMIT, section, size
from bot.slack import chunks, mrkdwn
from bot.slack.message import Block

FIRST_LINE_LIMIT = 200
"""Of what is shown of an answer that is only offered."""
MATCHED_LIMIT = 200
HOST_LIMIT = 80
SOURCE_LIMIT = 800
"""A source with a longer link is named by its host, without the link."""
NOTE_LINK_LIMIT = 150
"""The same inside the note that ends a cut answer; the source line stands below it anyway."""

_BREAKS_A_LINK = re.compile(r"[\s\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Entry:
    """One FAQ answer as a card shows it."""

    pair_id: str
    question: str
    """The pair's own question."""
    matched: str
    """The stored wording that was nearest."""
    answer: str
    url: str | None


@dataclass(frozen=True)
class RenderedEntry:
    """What a card shows of an entry; each part is made when it is first needed, and kept."""

    entry: Entry

    @cached_property
    def question(self) -> str:
        """The question on one line."""
        return mrkdwn.line(self.entry.question, QUESTION_LIMIT) or wording.NO_QUESTION

    @property
    def bold_question(self) -> str:
        """The question on one line, bold where no asterisk of its own would end that."""
        return self.question if "*" in self.question else f"*{self.question}*"

    @cached_property
    def first_line(self) -> str:
        """How the answer begins, in one line."""
        for text in self.entry.answer.splitlines():
            shown = mrkdwn.plain(text, FIRST_LINE_LIMIT)
            if any(character.isalnum() for character in shown):
                return " ".join(shown.split())
        return wording.NO_ANSWER

    @cached_property
    def matched(self) -> str:
        """A line on the wording that was nearest; empty where there is none."""
        matched = mrkdwn.line(self.entry.matched, MATCHED_LIMIT) or mrkdwn.line(
            self.entry.question, MATCHED_LIMIT
        )
        return wording.matched(matched) if matched else ""

    @cached_property
    def source(self) -> str:
        """A line on where the answer is from; empty where that is no web address."""
        source = self._source(SOURCE_LIMIT)
        return wording.source(source) if source else ""

    @cached_property
    def answer(self) -> list[Block]:
        """The whole answer, word for word."""
        return [section(chunk) for chunk in self._chunks or (wording.NO_ANSWER,)]

    @cached_property
    def answer_size(self) -> int:
        """The size of the whole answer, in the units of `kit.MESSAGE_ROOM`."""
        return size(self.answer)

    def answer_within(self, room: int) -> list[Block]:
        """The answer; where it takes more than `room`, cut to that size and saying so."""
        if not self._chunks or self.answer_size <= room:
            return self.answer
        frame = size([section("")])
        left = room - frame - len(self._cut_note(len(self._answer_text)))
        cut: list[str] = []
        for chunk in self._chunks:
            left -= frame + len(chunk)
            if left < 0:
                least = chunks.SPLIT_MINIMUM
                cut += chunks.split(chunk, max(least, left + len(chunk)))[:1]
                break
            cut.append(chunk)
        shown = "".join(cut)
        missing = len(mrkdwn.visible(self._answer_text)) - len(mrkdwn.visible(shown))
        note = self._cut_note(max(1, missing))
        last = cut[-1] + ("\n" if cut[-1].endswith(mrkdwn.FENCE) else " ") + note
        if len(last) <= mrkdwn.SECTION_LIMIT:
            cut[-1] = last
        else:
            cut.append(note)
        return [section(chunk) for chunk in cut]

    @cached_property
    def _answer_text(self) -> str:
        return mrkdwn.to_mrkdwn(self.entry.answer).strip("\n").rstrip()

    @cached_property
    def _chunks(self) -> list[str]:
        """The answer in pieces that fit a section each; none where there is nothing to read."""
        text = self._answer_text
        is_empty = not any(character.isprintable() and character != " " for character in text)
        return [] if is_empty else chunks.split(text)

    def _cut_note(self, missing: int) -> str:
        source = self._source(NOTE_LINK_LIMIT)
        return wording.continues_at(source) if source else wording.is_cut(missing)

    def _source(self, limit: int) -> str:
        """A link labelled with its host, only the host if the link exceeds `limit`, or nothing."""
        link, host = self._link_and_host
        return link if len(link) <= limit else host

    @cached_property
    def _link_and_host(self) -> tuple[str, str]:
        address = (self.entry.url or "").strip()
        try:
            parts = urlsplit(address)
            host = mrkdwn.line(parts.hostname or "", HOST_LIMIT)
        except ValueError:
            return "", ""
        if parts.scheme not in ("http", "https") or not host or _BREAKS_A_LINK.search(address):
            return "", ""
        return mrkdwn.link(address, parts.hostname or ""), host
