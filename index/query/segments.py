"""Several questions in one message, and questions about something said before."""

import re
from collections.abc import Sequence

from index.text import MAX_QUESTION

MAX_PARTS = 3
# A sentence or a part is known by how it begins: no more of it is looked at.
BEGINNING = 300

_ASKS = (
    r"(?:(?:how|what|whats|what's|where|where's|when|why|who|whom|whose|which)\b"
    r"|(?:can|could|do|does|did|is|are|was|were|should|will|would|may|must|has|have)\s"
    r"(?:i|we|you|it|they|there|the|a|an|any|my|our|your|this|these|all|every|some|users?|people)\b)"
)
_QUESTION = re.compile(rf"(?:and\ |also,?\ |but\ |then\ |plus\ )*{_ASKS}".replace(r"\ ", " "), re.I)
_HELPING = r"(?:do|does|did|can|could|should|would|will|must|is|are|to)"
_PLAIN = (
    rf"(?:(?:how|where|what|when|why|who|which(?:\s\w+)?)\s{_HELPING}"
    r"|(?:can|could|do|does|should|may|must|is|are)\s(?:i|we|you|there|it possible))\b"
)
_REQUEST = (
    r"(?:please|pls|kindly|need (?:help|to)|looking for"
    r"|(?:i|we)(?:'d| would)? (?:need|want|like))\b"
)
_PLAIN_QUESTION = re.compile(
    rf"(?:(?:and|also|but|then|plus|so)\b,?\s)*(?:{_PLAIN}|{_REQUEST}"
    rf"|(?!(?:how|what\w*|where|when|why|who|whom|whose|which)\b){_ASKS})",
    re.I,
)
_BREATH = re.compile(
    r"[,;:]\s|\s-\s|\s(?:so|but|and)\s"
    r"|(?<!how)(?<!where)(?<!what)(?<!when)(?<!why)(?<!who)(?<!which)"
    rf"\s(?={_PLAIN}|(?:please|pls|kindly)\s)",
    re.I,
)
_SECOND = re.compile(rf"[,;]?\s(?:and|also|plus|&)(?:\s(?:also|then))?,?\s(?={_ASKS})", re.I)
_JOINED_BY = re.compile(
    r"(?:and|also|plus|but|then|secondly|second(?=[,:])|another one)\b[\s,:]*", re.I
)
# Words that stand for something said before; not "is it possible" or "will it take".
_STAND_IN = re.compile(
    r"""\b(?:
        (?:its|this|they|them|their|those|these|he|she|him|her)
      | (?<!does\ )(?<!will\ )(?<!would\ )it(?!\ (?:possible|ok|okay|safe|allowed|necessary
            |required|better|best|worth|normal|true|legal|recommended|important|advisable|mandatory
            |easy|hard|difficult|seems|appears|says|shows|was|has\ been|\w+ing)\b)
      | (?:(?<=does\ )|(?<=will\ )|(?<=would\ ))it(?!\ (?:take|cost|mean|matter|be)\b)
      | that(?=\W*$|\ (?:is|was|does|do|can|will|work|mean|one|way|too)\b)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
# A sentence that begins so goes on with one before it.
_GOES_ON = re.compile(
    r"(?:(?:and|or|but|because)\b|(?:from|to|on|for|with|at)(?: (?!wh|how)[\w-]+){1,6}\W*$)",
    re.IGNORECASE,
)
_NAMING = re.compile(
    r"\b(?!(?:what|when|where|which|does|have|would|could|should|will|much|many|long)\b)"
    r"[^\W\d_]\w{3,}",
    re.IGNORECASE,
)
# A question of fewer words does not stand alone.
MIN_WORDS = 4


def parts_of(sentences: Sequence[str]) -> tuple[str, ...]:
    """The questions of a message that has several which each say what they ask.

    Args:
        sentences: What the writer said, cleaned, in order.

    Returns:
        The questions, at most `MAX_PARTS`, each of at most `MAX_QUESTION` characters; none where
        there is one question or less.
    """
    parts: list[str] = []
    before = ""  # what was said ahead of the first question, and may belong to it
    for clause in (clause for sentence in sentences for clause in _clauses(sentence)):
        if _is_question(clause) and (not parts or _stands_alone(clause)):
            joined = _JOINED_BY.match(clause) if parts else None
            point = clause[joined.end() :] if joined else clause
            parts.append(f"{before} {point}".strip())
            before = ""
        elif parts:
            parts[-1] = f"{parts[-1]} {clause}"
        else:
            before = f"{before} {clause}".strip()
    if len(parts) < 2:
        return ()
    return tuple(part[:MAX_QUESTION].rstrip() for part in parts[:MAX_PARTS])


def is_follow_up(sentence: str) -> bool:
    """Whether a message that begins with a sentence speaks of something said before it."""
    asked_first = _SECOND.split(sentence, maxsplit=1)[0]
    return _has_stand_in(asked_first) or bool(_GOES_ON.match(sentence[:BEGINNING]))


def is_marked(sentence: str) -> bool:
    """Whether a sentence ends with a question mark."""
    return sentence.rstrip(" )\"'").endswith(("?", "\uff1f"))


def asks_plainly(sentence: str) -> bool:
    """Whether a sentence has the form of a question or request: not "when I log in, ..."."""
    return is_marked(sentence) or bool(_PLAIN_QUESTION.match(sentence))


def breaths_of(sentence: str, long: int, longest: int) -> list[str]:
    """A sentence that goes on and on, in pieces that each may ask something.

    Args:
        sentence: On one line.
        long: Up to so many characters, it stays whole.
        longest: Up to so many, it stays whole where it ends with a question mark.
    """
    if len(sentence) <= (longest if is_marked(sentence) else long):
        return [sentence]
    return [breath for part in _BREATH.split(sentence) if (breath := part.strip(" ,;:-"))]


def _clauses(sentence: str) -> list[str]:
    """A sentence, in pieces where it asks several things that each stand alone."""
    clauses = [sentence]
    if not _is_question(sentence):
        return clauses
    for found in _SECOND.finditer(sentence):
        if len(clauses) > MAX_PARTS:
            break
        done = len(sentence) - len(clauses[-1])
        first, second = sentence[done : found.start()], sentence[found.end() :]
        # A part is known by how it begins.
        if len(first[:BEGINNING].split()) >= MIN_WORDS and _stands_alone(second[:BEGINNING]):
            clauses[-1:] = [first, second]
    return clauses


def _stands_alone(question: str) -> bool:
    """Whether a question says what it is about, without the one before it."""
    return len(question.split()) >= MIN_WORDS and not _has_stand_in(question)


def _has_stand_in(sentence: str) -> bool:
    found = _STAND_IN.search(sentence)
    # One that comes late stands for something in the sentence itself.
    return found is not None and len(_NAMING.findall(sentence[: found.start()])) < 2


def _is_question(sentence: str) -> bool:
    return is_marked(sentence) or bool(_QUESTION.match(sentence))
