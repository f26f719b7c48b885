"""Is a chat message a question, or a request for help, that a support bot should try to answer?

How it decides. The message is stripped of Slack's markup and split into sentences; those at its
beginning and its end are looked at one by one, and one that asks makes the message a question. A
sentence asks if it

- has the form of a question, with or without "?" ("how do i ...", "anyone know ..."),
- requests something ("need access to ...", "please reset my ..."), or
- states a problem the writer has now ("vpn keeps dropping", "can't log in since monday").

Against that stand sentences that only look so: small talk, rhetorical questions, questions to
another person, offers of help, advice, announcements, and problems that are already solved.
When the bot is spoken to, the test turns round: everything counts except small talk.

Why heuristics and not a model. This gate runs on every message of a watched channel, most of
which are not for the bot, so it has to be instant; it must work on the first day, before there is
any data of the team's own; and when it is wrong, the pattern at fault can be read and mended. It
needs only to be good: what passes still has to be matched with confidence before the bot speaks.

What a message says is read in `bot.intake.markup`; the patterns, and how to add one, are in
`bot.intake.patterns`. None can backtrack far, and they see at most `MAX_SPOKEN` characters of a
message.
"""

from bot.intake.markup import (
    MAX_SENTENCE,
    MAX_SPOKEN,
    URL,
    WORD,
    pasted,
    plain,
    question_text,
    spoken,
)
from bot.intake.patterns.asking import (
    ENGLISH_QUESTION,
    FOREIGN_QUESTION,
    INNER_QUESTION,
    INNER_REQUEST,
    OF_WHAT_WAS_SAID,
    RELATIVE,
    REQUEST,
)
from bot.intake.patterns.lookalikes import (
    ADVICE,
    ANNOUNCEMENT,
    CONDITION,
    FIRST_PERSON,
    OFFER,
    REPORT,
    SAID_BY_SOFTWARE,
    SECOND_PERSON,
    SOLVED,
    STILL_OPEN,
    TAKEN_BACK,
    TO_ONE_READER,
    WRITER,
)
from bot.intake.patterns.parts import CLAUSE_END, SENTENCE_END, TO_SOMEONE
from bot.intake.patterns.problems import FOREIGN_PROBLEM, PASTED_ERROR, PROBLEM
from bot.intake.patterns.small_talk import (
    CHITCHAT,
    JOKING,
    NOT_CHITCHAT,
    PRIVATE,
    RHETORICAL,
    SERIOUS,
    SMALL_TALK,
    SOCIAL,
)

# A long message asks at its beginning or at its end: so many sentences of each are judged.
_MAX_SENTENCES = 8
# Of so few words at least is a sentence that tells something.
_TOLD = 4
# So long a "word" outside ASCII is a clause in a script without spaces.
_NO_SPACES = 8


def is_question(text: str, *, addressed: bool = False) -> bool:
    """Whether a raw Slack message is a question or request for help the bot should try to answer.

    `addressed` says that the bot was spoken to (mentioned, or in a direct message): then anything
    with content counts, such as "vpn mac", and only greetings, thanks and the like do not.
    Without it, the message is one of many in a channel and must itself ask for help. Takes time
    linear in the length of `text`, and raises nothing.
    """
    if not addressed:
        return not _is_to_someone(text) and _asks_for_help(text)
    return _asks_for_help(text) or _has_content(text)


def _is_to_someone(text: str) -> bool:
    return bool(TO_SOMEONE.match(text[:MAX_SENTENCE]))


def _asks_for_help(text: str) -> bool:
    sentences = _sentences(text)
    if _asks_of_what_was_said(sentences):
        return True
    if any(TAKEN_BACK.search(sentence) for sentence in sentences):
        return False
    if JOKING.search(text[:MAX_SPOKEN]):
        sentences = [sentence for sentence in sentences if SERIOUS.search(sentence)]
    sentences = [sentence for sentence in sentences if not _is_idle(sentence)]
    if any(_is_interrogative(sentence) for sentence in sentences):
        return True
    if any(_is_announcement(sentence) for sentence in sentences):
        return False
    sentences = [s for s in sentences if not _is_reply(s) and not _is_condition(s)]
    if any(_is_request(sentence) for sentence in sentences):
        return True
    if _is_advice(sentences):
        return False
    if any(_is_problem(sentence) for sentence in sentences):
        return True
    return bool(sentences) and PASTED_ERROR.search(pasted(text)) is not None


def _sentences(text: str) -> list[str]:
    """The sentences at the beginning and end of a message, and any between with a question mark."""
    parts = [piece for part in SENTENCE_END.split(spoken(text)) for piece in _ends_of(part)]
    parts = [part for part in parts if part.strip()]
    last = max(_MAX_SENTENCES, len(parts) - _MAX_SENTENCES)
    between = [part for part in parts[_MAX_SENTENCES:last] if _is_marked(part)][:_MAX_SENTENCES]
    judged = (*parts[:_MAX_SENTENCES], *between, *parts[last:])
    return [sentence for part in judged if (sentence := plain(part))]


def _ends_of(sentence: str) -> list[str]:
    """A sentence; of one that is longer than patterns see, its beginning and its end.

    What the end begins with is no beginning of a sentence, and the ellipsis before it says so.
    """
    if len(sentence) <= MAX_SENTENCE:
        return [sentence]
    return [sentence[:MAX_SENTENCE], f"\u2026 {sentence[2 - MAX_SENTENCE :].partition(' ')[2]}"]


def _asks_of_what_was_said(sentences: list[str]) -> bool:
    """Whether it ends in a question such as "why?" about something that the writer told."""
    *told, last = sentences or [""]
    return bool(OF_WHAT_WAS_SAID.search(last)) and any(
        len(WORD.findall(sentence)) >= _TOLD and not _is_idle(sentence) and not _is_reply(sentence)
        for sentence in told
    )


def _is_idle(sentence: str) -> bool:
    """Small talk, a rhetorical question, one to another reader, or an offer of help."""
    words = WORD.findall(sentence)
    return bool(
        (len(words) < 2 and (sentence.isascii() or len(sentence) < _NO_SPACES))
        or all(word in CHITCHAT for word in words)
        or SMALL_TALK.match(sentence)
        or SOCIAL.search(sentence)
        or RHETORICAL.match(sentence)
        or TO_ONE_READER.match(sentence)
        or (OFFER.search(sentence) and not _asks_at_once(sentence))
        or (PRIVATE.search(sentence) and not _is_interrogative(sentence))
    )


def _is_marked(sentence: str) -> bool:
    """Whether the sentence has a question mark, in any script."""
    end = sentence.rstrip(" .!)\"'")
    return end.endswith(("?", "\uff1f", "\u061f")) or sentence.startswith("\u00bf")


def _asks_at_once(sentence: str) -> bool:
    return _is_marked(sentence) or bool(ENGLISH_QUESTION.match(sentence))


def _is_interrogative(sentence: str) -> bool:
    if _is_marked(sentence):
        return True
    if INNER_QUESTION.search(sentence) or FOREIGN_QUESTION.search(sentence):
        return True
    if len(WORD.findall(sentence)) < 3:
        return False
    first, *others = CLAUSE_END.split(sentence)
    if ENGLISH_QUESTION.match(first):
        return True
    clauses = [plain(clause) for clause in others]
    return any(ENGLISH_QUESTION.match(clause) and not RELATIVE.match(clause) for clause in clauses)


def _is_reply(sentence: str) -> bool:
    """Advice, agreement, or word that something is done: what helpers write."""
    if ADVICE.match(sentence):
        return True
    return bool(REPORT.match(sentence) or SOLVED.search(sentence)) and not STILL_OPEN.search(
        sentence
    )


def _is_announcement(sentence: str) -> bool:
    return bool(ANNOUNCEMENT.match(sentence)) and not STILL_OPEN.search(sentence)


def _is_condition(sentence: str) -> bool:
    """A case that may come up, as instructions name it, not one the writer is in."""
    return bool(CONDITION.match(sentence)) and not FIRST_PERSON.search(sentence)


def _is_advice(sentences: list[str]) -> bool:
    """Whether all of it speaks of the reader and nothing of the writer."""
    said = SAID_BY_SOFTWARE.sub(" ", " ".join(sentences))
    return bool(SECOND_PERSON.search(said)) and not WRITER.search(said)


def _is_solved(sentence: str) -> bool:
    return bool(SOLVED.search(sentence)) and not STILL_OPEN.search(sentence)


def _is_request(sentence: str) -> bool:
    return bool(REQUEST.match(sentence) or INNER_REQUEST.search(sentence))


def _is_problem(sentence: str) -> bool:
    return bool(PROBLEM.search(sentence) or FOREIGN_PROBLEM.search(sentence))


def _has_content(text: str) -> bool:
    """Whether a message to the bot says more than a greeting, thanks or an acknowledgement."""
    said = plain(question_text(text)[:MAX_SPOKEN])
    words = WORD.findall(URL.sub(" ", said))
    if not words or TAKEN_BACK.search(said) or _is_solved(said):
        return False
    if (SMALL_TALK.match(said) or SOCIAL.search(said)) and len(words) < 6:
        return False
    return not all(word in CHITCHAT for word in words) or bool(NOT_CHITCHAT.search(said))
