"""What people type, made fit to be searched.

A question in chat comes with greetings and thanks, emoji, links, quoted lines and pasted stack
traces, with typos, and often together with another question. `read` leaves what is asked.

It works on plain text with code fences and quote marks; markup of a chat system is taken off
before. A question that has nothing of all that comes out as it went in, so that a stored
question asked word for word is searched word for word. A message longer than `LONG` tells a story
around its question: of it, what asks is searched first, wherever it stands, and then as much of the
rest as there is room for. All of it takes time linear in the message's length.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.query.fillers import has_content, without_fillers
from index.query.segments import (
    MAX_PARTS,
    asks_plainly,
    breaths_of,
    is_follow_up,
    is_marked,
    parts_of,
)
from index.query.spelling import Effort, Speller
from index.text import MAX_QUESTION, clean, ends_of, one_line

# What is read of a message, its beginning and its end; what is searched of it is shorter.
MAX_MESSAGE = 20_000
# Of a longer message models read only the beginning.
LONG = 1_000
_LONG_SENTENCE = LONG // MAX_PARTS
# A paste up to this size is a command or an error message, and is searched as it is.
SHORT_PASTE = 200
MAX_EXCERPT = 300
# Of a line in a paste no more is looked at.
MAX_LINE = 500


@dataclass(frozen=True)
class Query:
    """A message as it is searched.

    Attributes:
        text: All that is asked, on one line of at most `MAX_QUESTION` characters; empty only for
            an empty message.
        parts: The questions one by one where there are several, each able to stand alone, at most
            `index.query.segments.MAX_PARTS`; else none.
        corrections: Mended typos, as (as typed, as corrected).
        is_follow_up: Whether it speaks of something said before it ("how do I reset it?"), and
            so is no wording of a question by itself. Mended typos have no say in it.
    """

    text: str
    parts: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()
    is_follow_up: bool = False


def read(message: str, speller: Speller | None = None) -> Query:
    """What to search for a message.

    Args:
        message: As typed, without a chat system's markup. Its lines matter, for pastes are known
            by them.
        speller: Mends typos in what the writer said, but not in code or pastes; None leaves
            them.
    """
    whole = clean(ends_of(message, MAX_MESSAGE))
    said: list[_Said] = []
    pasted: list[str] = []
    for piece in _pieces(whole):
        if piece.is_pasted:
            pasted.append(_excerpt(piece.text))
            continue
        code = frozenset(word for span in _CODE.findall(piece.text) for word in _WORD.findall(span))
        for sentence in _SENTENCE_END.split(" ".join(_without_marks(piece.text).split())):
            if point := without_fillers(sentence):
                said.append(_Said(point, code))
    first = said[0].text if said else ""  # as typed
    own, asked, corrections = _mended(said, speller)
    # The question first, wherever the paste stood: models read beginnings best.
    text = " ".join((*own, *pasted)).strip()[:MAX_QUESTION].rstrip()
    if not text:
        return Query(one_line(whole)[:MAX_QUESTION].rstrip())
    return Query(
        text=text,
        parts=parts_of(asked),
        corrections=tuple(corrections.items()),
        is_follow_up=bool(first) and is_follow_up(first) and not pasted,
    )


@dataclass(frozen=True)
class _Said:
    """A sentence of the writer's own, and the words in it that are code."""

    text: str
    code: frozenset[str]


def _mended(
    said: Sequence[_Said], speller: Speller | None
) -> tuple[list[str], list[str], dict[str, str]]:
    """What is searched of the sentences, the ones of it that may be questions, and mended typos."""
    asking: list[_Said] = []
    if sum(len(sentence.text) + 1 for sentence in said) > LONG:
        asking, said = _asking_first(said)
    corrections: dict[str, str] = {}
    tried: dict[str, str] = {}
    effort = Effort()
    own: list[str] = []
    # What is not searched is not worth the work.
    room = LONG if asking else MAX_QUESTION
    for sentence in (*asking, *said):
        point = sentence.text[: max(0, room)].rstrip()
        if not point:
            break
        room -= len(point) + 1
        if speller is not None:
            point, mended = speller.correct(point, keep=sentence.code, tried=tried, effort=effort)
            corrections.update(mended)
        own.append(point)
    return own, own[: len(asking)] if asking else own, corrections


def _asking_first(said: Sequence[_Said]) -> tuple[list[_Said], list[_Said]]:
    """What asks in a long message, of many the first and the last, and what is told beside it.

    What is told right before a question comes first of the rest, for the question may be about it.
    """
    clauses = [
        _Said(clause, sentence.code)
        for sentence in said
        for clause in breaths_of(sentence.text, _LONG_SENTENCE, LONG)
    ]
    found = [number for number, clause in enumerate(clauses) if is_marked(clause.text)] or [
        number for number, clause in enumerate(clauses) if asks_plainly(clause.text)
    ]
    found = found[: MAX_PARTS - 1] + found[MAX_PARTS - 1 :][-1:]
    before = [number - 1 for number in found if number and number - 1 not in found]
    rest = [number for number in range(len(clauses)) if number not in {*found, *before}]
    asking = [_Said(_point_of(clauses[number].text), clauses[number].code) for number in found]
    return asking, [clauses[number] for number in (*before, *rest)]


def _point_of(question: str) -> str:
    """The end of a question that is marked, or else the beginning, if it is long."""
    if len(question) <= _LONG_SENTENCE:
        return question
    if is_marked(question):
        return question[-_LONG_SENTENCE:].partition(" ")[2]
    return question[:_LONG_SENTENCE].rpartition(" ")[0]


# --- What was said, and what was pasted --------------------------------------------------------


@dataclass(frozen=True)
class _Piece:
    text: str
    is_pasted: bool = False


_QUOTE = re.compile(r"[ \t]{0,8}>{1,3}(?:[ \t]|$)")
_TIMESTAMP = re.compile(
    r"""[ \t]*(?:
        \[?\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|\ ?[+-]\d\d:?\d\d)?)?\]?
      | \[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?
      | [A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d
    )(?=[\s:,|-]|$)[\s:,|-]*""",
    re.VERBOSE,
)
# Lines that only software writes: the frames of a stack trace.
_FRAME = re.compile(
    r"""[ \t]*(?:
        File\ "[^"\n]{1,300}",\ line\ \d+
      | at\ (?:async\ )?(?:new\ )?[\w$.<>/\[\]~ ]{1,200}\(.{0,300}\)\s*$
      | at\ (?:file:|node:|https?:|/|[A-Za-z]:\\)\S{1,300}:\d+
      | Exception\ in\ thread\ "
      | Traceback\ \(most\ recent\ call\ last\)
      | \.\.\.\ \d{1,5}\ (?:more|common\ frames\ omitted)
      | from\ \S{1,300}:\d+:in\b
      | \#\d{1,3}\s+(?:0x|/|\S{1,200}\()
      | goroutine\ \d+\ \[
      | /\S{1,300}\.go:\d+
      | [~^]{2,}\s*$
    )""",
    re.VERBOSE,
)
# A line that says what went wrong.
_NAMES_ERROR = re.compile(
    r"""Caused\ by:
      | (?<![a-z])[A-Z]\w{0,80}(?:Error|Exception|Fault|Failure|Timeout|Interrupt)\b
      | \b(?:panic|fatal|Fatal|FATAL|error|Error|ERROR|ERR!|CRITICAL|SEVERE)\b
      | \b(?:failed|failure|denied|refused|unauthori[sz]ed|forbidden)\b
      | \bE[A-Z]{3,}\b | \b[A-Z]{1,6}-?\d{3,6}\b""",
    re.VERBOSE,
)


def _pieces(text: str) -> list[_Piece]:
    """A message in stretches of the writer's own words and of pastes; quotes only if needed."""
    own = _pieces_of(text, keep_quotes=False)
    if any(has_content(piece.text) and len(piece.text.split()) >= 3 for piece in own):
        return own
    return _pieces_of(text, keep_quotes=True)


def _pieces_of(text: str, *, keep_quotes: bool) -> list[_Piece]:
    pieces: list[_Piece] = []
    blocks = text.split("```")
    for number, block in enumerate(blocks):
        if number % 2 and number < len(blocks) - 1:  # a fence that is never closed opens nothing
            pieces.append(_Piece(block, is_pasted=True))
        else:
            pieces += _by_lines(block, keep_quotes=keep_quotes)
    return [piece for piece in pieces if piece.text.strip()]


def _by_lines(text: str, *, keep_quotes: bool) -> list[_Piece]:
    lines = text.split("\n")
    if len(lines) == 1 and not _QUOTE.match(text):
        return [_Piece(text)]
    pieces: list[_Piece] = []
    pasted: list[str] = []

    def end_paste() -> None:
        if pasted:
            pieces.append(_Piece("\n".join(pasted), is_pasted=True))
            pasted.clear()

    for line in lines:
        if found := _QUOTE.match(line):
            end_paste()
            if keep_quotes:
                pieces.append(_Piece(line[found.end() :]))
        elif _is_machine_written(line, inside=bool(pasted)):
            pasted.append(line)
        else:
            end_paste()
            pieces.append(_Piece(_LIST_MARK.sub("", line)))
    end_paste()
    return pieces


def _is_machine_written(line: str, *, inside: bool) -> bool:
    """Whether a line is of a trace or a log; `inside` says that the one before was."""
    if _FRAME.match(line) or _TIMESTAMP.match(line):
        return True
    # The code that a frame shows, or the error that a trace ends in.
    return inside and (line.startswith(("    ", "\t")) or bool(_ERROR_LINE.match(line)))


_ERROR_LINE = re.compile(r"(?:Caused by: )?(?:[\w$]+\.)*\w{1,80}(?::\s|$)")
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*\u2022\u25e6])\s+")


def _excerpt(paste: str) -> str:
    """What identifies an error in a paste: the last line that names it, or else the last one."""
    lines = [line.strip()[:MAX_LINE] for line in paste.split("\n") if line.strip()]
    machine = [line for line in lines if _FRAME.match(line) or _TIMESTAMP.match(line)]
    lines = [" ".join(_TIMESTAMP.sub("", line).split()) for line in lines]
    if not machine and len(whole := " ".join(lines)) <= SHORT_PASTE:
        return whole
    said = [line for line in lines if line and not _FRAME.match(line)]
    named = [line for line in said if _NAMES_ERROR.search(line)]
    return (named or said or lines or [""])[-1][:MAX_EXCERPT].strip()


# --- The writer's own words --------------------------------------------------------------------

# Not after a letter or digit: `arn:aws:s3` and 10:30:45 are no emoji.
EMOJI_CODE = re.compile(r"(?<![\w:])(?::[\w+'-]{1,100}:)+(?!\w)")
_PICTURE = "(?:[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff]|[\u2190-\u23ff]\ufe0f)"
# Joiners and selectors go with the picture they follow; elsewhere they are part of words, as the
# zero-width joiner is in Sinhala.
_EMOJI = re.compile(
    rf"(?:{_PICTURE}[\ufe0f\u200d\u20e3\U000e0020-\U000e007f]*)+|(?<=[0-9#*])\ufe0f?\u20e3"
)
_LINK = re.compile(r"https?://([^\s/?#<>]+)[/?#][^\s<>]*", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_CODE = re.compile(r"`([^`\n]{1,500})`")
_REPEATED = re.compile(r"(?:[?!]{2,}|\.{4,}|,{2,})")
_ABBREVIATIONS = ("vs", "e.g", "i.e", "inc", "etc", "u.s", "no", "approx", "mr", "dr")
_SENTENCE_END = re.compile(
    "".join(rf"(?<!\b{re.escape(word)}\.)" for word in _ABBREVIATIONS)
    + r"(?<=[.!?\u2026\uff1f\u061f])\s+|(?<=\uff1f)",
    re.IGNORECASE,
)


def _without_marks(text: str) -> str:
    """Own words without emoji, back ticks, the paths of links and repeated punctuation."""
    text = _EMOJI.sub(" ", EMOJI_CODE.sub(" ", text))
    text = _LINK.sub(lambda link: link[1] + _after(link[0]), text).replace("`", "")
    return _REPEATED.sub(lambda found: _once(found[0]), text)


def _after(link: str) -> str:
    """The punctuation that a sentence puts behind a link."""
    return link[len(link.rstrip(".,;:!?)'\"")) :]


def _once(marks: str) -> str:
    if marks[0] in ".,":
        return "..." if marks[0] == "." else ","
    return "?" if "?" in marks else "!"
