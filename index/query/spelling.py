"""Mending typos: words that nobody knows, replaced by the FAQ's words they were meant to be.

An embedding is at its weakest on misspelt words, which its tokenizer breaks into pieces that mean
nothing. The words known here are those of the team's own FAQ and those of the embedding model's
own vocabulary; both are in memory already, so nothing more is shipped or loaded.
"""

import re
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

# Letters, with apostrophes inside.
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
# What stands around a word and is no part of it.
_BARE = re.compile(
    r"[\"'(\[\u00bf\u00a1\u201c]*([^\W\d_]+(?:-[^\W\d_]+)*)[\"')\],;:.!?\u2026\u201d]*"
)
_DOUBLED = re.compile(r"(.)\1")
# From here on come scripts that put no spaces between words.
_UNSPACED = "\u0e00"

MIN_LENGTH = 4
MAX_LENGTH = 40
# From this length on a word may have two typos.
TWO_TYPOS = 8
# So many words are compared with those of one message, in some 10 ms; what comes after is left as
# it was typed. A word of a large FAQ's is compared with some 2,000.
MAX_COMPARED = 200_000
# From this length on a word may be mended to one that is not of the FAQ, and from the second on
# one with a letter too few or too many.
GENERAL = 6
LONG = 7


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


# Forms that need not be in any vocabulary to be right.
_ENDINGS = _listed(
    """s es ed d ing ly er ers r rs or ors able ment ments ness ity al ize ise ized izing ation
    ability"""
)
_INFLECTIONS = _listed("s d ed ing es r er ly")
# What turns a word into another, often its opposite, in English and German.
_TURNING = frozenset(
    _listed(
        """un re de dis in non an ab ex en out up down over under pre post sub mis co auf aus ein
        ver vor ent zu"""
    )
)
_PREFIXES = _listed(
    """un re non pre de multi sub inter over auto dis mis out up down cross micro super under co
    anti"""
)
# Written without its apostrophe, or only said in chat: no typo that hurts.
_CHAT = frozenset(
    _listed(
        """dont cant wont isnt doesnt didnt hasnt havent hadnt wouldnt couldnt shouldnt arent wasnt
        werent aint whats hows wheres whos whens whys thats theres heres youve weve theyve youre
        theyre itll youll theyll wouldve couldve shouldve yall gonna wanna gotta gimme lemme kinda
        sorta dunno info admin asap hiya plzz thanx"""
    )
)
# Everyday words of IT that vocabularies of general English lack.
_IT = frozenset(
    _listed(
        """login logins logout logon signup signin backend frontend fullstack middleware webhook
        oauth saml oidc ldap kerberos redis kafka nginx mysql sqlite postgres postgresql mongodb
        subnet gmail paypal github gitlab bitbucket jira slack okta zoom figma throughput kubernetes
        kubectl docker terraform ansible jenkins linux ubuntu macos android chromebook bluetooth
        wifi ethernet hotspot firewall malware phishing ransomware captcha localhost hostname
        username usernames autofill dropdown checkbox screenshot screenshare abort repo repos config
        async cron json yaml regex https"""
    )
)


@dataclass
class Effort:
    """What may still be spent on a message, in words compared."""

    left: int = MAX_COMPARED

    def spend(self, count: int) -> bool:
        """Take so much off; False where not so much is left."""
        if count > self.left:
            return False
        self.left -= count
        return True


@dataclass(frozen=True)
class _Words:
    """Words by their first letter and length."""

    starts: Mapping[tuple[str, int], Sequence[str]]
    initials: frozenset[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> "_Words":
        starts: dict[tuple[str, int], list[str]] = {}
        for word in words:
            if MIN_LENGTH <= len(word) <= MAX_LENGTH and "'" not in word and "\u2019" not in word:
                starts.setdefault((word[0], len(word)), []).append(word)
        return cls(starts, frozenset(initial for initial, _ in starts))


class Speller:
    """Knows the words of an FAQ and of general English. Threads may share it."""

    def __init__(self, base_words: Sequence[str] = ()) -> None:
        """Args:
        base_words: Words of the language at large, the most frequent first.
        """
        words = (word.lower() for word in base_words)
        self._ranks = {word: rank for rank, word in enumerate(dict.fromkeys(words))}
        self._base_words = _Words.of(self._ranks)
        self._counts: Counter[str] = Counter()
        # Made when it is first needed after the words changed.
        self._faq_words: _Words | None = None
        self._lock = threading.Lock()

    @classmethod
    def of(cls, texts: Iterable[str], base_words: Sequence[str] = ()) -> "Speller":
        """A speller that knows the words of an FAQ.

        Args:
            texts: The FAQ's: wordings of questions, topics, answers.
            base_words: As for `Speller`.
        """
        speller = cls(base_words)
        speller.learn(texts)
        return speller

    def learn(self, texts: Iterable[str]) -> None:
        """Add the words of more of the FAQ's texts; they count at once.

        A word is never forgotten: that of a retired answer is a word all the same.
        """
        new = Counter(word for text in texts for word in _words(text))
        with self._lock:
            self._counts.update(new)
            self._faq_words = None

    def correct(
        self,
        text: str,
        keep: Collection[str] = (),
        tried: dict[str, str] | None = None,
        effort: Effort | None = None,
    ) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Mend the typos in a text.

        Words of up to three letters, upper-case codes, and all that holds digits or other
        characters than letters (identifiers, paths, links) are left alone; so is a text of which
        most words are unknown, as one in another language.

        Args:
            keep: Words that are right, such as those of code.
            tried: What words became, those left alone too; added to. Texts of one message share
                it, so that no word is looked for twice.
            effort: What may be spent on it; texts of one message share it.

        Returns:
            The text, its white space as it was, and the corrections as (as typed, as corrected).
        """
        words = _words(text)
        unknown = [word for word in words if not self._is_known(word)]
        if not unknown or (len(unknown) > 1 and 2 * len(unknown) > len(words)):
            return text, ()
        tried = {} if tried is None else tried
        allowed = effort or Effort()
        mended: dict[str, str] = {}

        def mend(found: re.Match[str]) -> str:
            word = found[0]
            if word in keep:
                return word
            if word not in tried:
                tried[word] = self._meant(word, allowed)
            if tried[word] != word:
                mended[word] = tried[word]
            return tried[word]

        pieces = re.split(r"(\s+)", text)
        for place in range(0, len(pieces), 2):
            if found := _BARE.fullmatch(pieces[place]):
                pieces[place] = (
                    pieces[place][: found.start(1)]
                    + _WORD.sub(mend, found[1])
                    + pieces[place][found.end(1) :]
                )
        return "".join(pieces), tuple(mended.items())

    def _meant(self, word: str, effort: Effort) -> str:
        if not _is_plain(word) or self._is_known(word.lower()):
            return word
        meant = self._nearest(word.lower(), effort)
        if meant is None:
            return word
        return meant.capitalize() if word[0].isupper() else meant

    def _nearest(self, word: str, effort: Effort) -> str | None:
        """The likeliest known word for an unknown one, if there is any near it.

        The FAQ's come first, then those with fewer typos between, with the same first letter
        (which people seldom get wrong), and the more frequent ones.
        """
        near: list[tuple[int, bool, int, str]] = []
        faq = self._words_of_faq()
        for typos in range(1, 3 if len(word) >= TWO_TYPOS else 2):
            near = near or [
                (distance, False, -self._counts[found], found)
                for found, distance in _within(word, faq, typos, effort)
                if not _turns(word, found)
            ]
            # Four letters, or two typos, with another start are too often a word of its own.
            if typos == 1 and len(word) > MIN_LENGTH:
                near += [
                    (1, True, -self._counts[found], found)
                    for found in _with_another_start(word, faq.initials, effort)
                    if found in self._counts and not _turns(word, found)
                ]
        if not near and len(word) >= GENERAL:
            # These must be nearer, for a name is not to become a common word.
            near = [
                (distance, False, self._ranks[found], found)
                for found, distance in _within(word, self._base_words, 1, effort)
                if _is_slip(word, found) and not _turns(word, found)
            ]
        return min(near)[-1] if near else None

    def _words_of_faq(self) -> _Words:
        with self._lock:
            if self._faq_words is None:
                self._faq_words = _Words.of(self._counts)
            return self._faq_words

    def _is_known(self, word: str) -> bool:
        known, ranks = self._counts, self._ranks
        if len(word) < MIN_LENGTH or word in known or word in ranks:
            return True
        if word in _CHAT or word in _IT:
            return True
        return any(form in known or form in ranks or form in _IT for form in _forms(word))


def base_words(vocabulary: Mapping[str, int]) -> list[str]:
    """The whole words among a tokenizer's pieces, in the order of their ids.

    Ids follow frequency, roughly, in each of the usual kinds: WordPiece marks what continues a
    word by `##`, SentencePiece and byte-level BPE mark what begins one.
    """
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    for mark in ("\u2581", "\u0120"):
        marked = [piece[1:] for piece in pieces if piece.startswith(mark)]
        if len(marked) > len(pieces) // 4:
            pieces = marked
            break
    return [piece for piece in pieces if len(piece) >= MIN_LENGTH - 1 and piece.isalpha()]


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if len(word) <= MAX_LENGTH]


def _within(word: str, words: _Words, typos: int, effort: Effort) -> Iterator[tuple[str, int]]:
    """The words with the same first letter that are at most so many typos away.

    A typo is a letter inserted, left out or changed, or two swapped.
    """
    for length in range(max(MIN_LENGTH, len(word) - typos), len(word) + typos + 1):
        candidates = words.starts.get((word[0], length), ())
        if not effort.spend(len(candidates)):
            return
        near = process.extract(
            word, candidates, scorer=OSA.distance, score_cutoff=typos, limit=None
        )
        for found, distance, _ in near:
            yield found, int(distance)


def _with_another_start(word: str, initials: Collection[str], effort: Effort) -> Iterator[str]:
    """All that is one typo away and begins with another letter, be it a word or not."""
    if not effort.spend(2 * len(initials) + 2):
        return
    for initial in initials:
        if initial != word[0]:
            yield initial + word[1:]
            yield initial + word
    if word[1] != word[0]:
        yield word[1] + word[0] + word[2:]
        yield word[1:]


def _is_slip(word: str, meant: str) -> bool:
    """Whether a word that is one typo away from another is that one, written in haste.

    That is so with letters swapped or doubled, and with one too few or too many inside a long
    word. One with another letter in it is more often a name, or a word that no vocabulary has.
    """
    if word[0] != meant[0]:
        return False
    if len(word) == len(meant):
        return sorted(word) == sorted(meant)
    if _DOUBLED.sub(r"\1", word) == _DOUBLED.sub(r"\1", meant):
        return True
    return len(word) >= LONG and word[-1] == meant[-1]


def _turns(word: str, other: str) -> bool:
    """Whether two words differ in their prefixes alone, as "resubscribe" and "unsubscribe"."""
    return any(
        word.startswith(prefix)
        and len(word) >= len(prefix) + MIN_LENGTH - 1
        and other.endswith(word[len(prefix) :])
        and other[: len(prefix) - len(word)] in _TURNING
        for prefix in _TURNING
    )


def _is_plain(word: str) -> bool:
    """Whether it is written like a word, not like a code or a name in a program."""
    return (
        MIN_LENGTH <= len(word) <= MAX_LENGTH
        and (word.islower() or word.istitle())
        and max(word) < _UNSPACED
    )


def _forms(word: str) -> Iterable[str]:
    """Words that make this one right: those it is formed from, and its own inflections."""
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if len(stem) < 3 or stem == word:
            continue
        # "connectd" and "serverss" are typos, not forms.
        if (ending in ("d", "r", "rs") and stem[-1] != "e") or (ending == "s" and stem[-1] == "s"):
            continue
        yield stem
        if ending not in ("s", "d", "ly"):
            yield stem + "e"
            if stem[-1] == stem[-2]:
                yield stem[:-1]
        if stem[-1] == "i":
            yield stem[:-1] + "y"
    for ending in _INFLECTIONS:
        yield word + ending
    if word[-1] in "ey":
        for ending in ("ing", "ied", "ies", "es"):
            yield word[:-1] + ending
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) >= len(prefix) + 4:
            yield word.removeprefix(prefix)
