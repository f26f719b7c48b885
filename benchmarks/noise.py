"""Noise as people make it in questions: typing errors, left-out words, greetings, rewording."""

import random
from collections.abc import Callable

Noise = Callable[[str, random.Random], str]

_SMALL = frozenset(("a", "an", "the", "of", "to", "in", "on", "for", "is", "are", "do", "does"))
_GREETINGS = (
    "Hey team, {}",
    "hi! quick question: {}",
    "Good morning :wave: {}",
    "Hello everyone, {} Thanks in advance!",
    "sorry for the noise, {}",
    "@channel {} any help appreciated :pray:",
    "{} asap please, customer is waiting",
    "Hi folks - newbie here. {}",
)
_SAID_OTHERWISE = (
    ("how do i ", ("what is the way to ", "steps to ", "I would like to ", "trying to ")),
    ("how can i ", ("is there a way to ", "what do I have to do to ", "need to ")),
    ("can i ", ("is it possible to ", "am I able to ", "would it be ok to ")),
    ("what is ", ("explain ", "could you tell me about ", "what does one mean by ")),
    ("what are ", ("list the ", "tell me the ", "which are the ")),
    ("why ", ("for what reason ", "any idea why ", "how come ")),
    ("does ", ("I wonder if ", "do you know whether ")),
    ("is ", ("do you know if it is true that ", "can somebody say whether ")),
    ("where ", ("in which place ", "can anybody tell me where ")),
    ("which ", ("what ", "tell me which ")),
)
_SYNONYMS = {
    "create": "set up",
    "delete": "remove",
    "change": "modify",
    "use": "work with",
    "cost": "price",
    "price": "cost",
    "charged": "billed",
    "limit": "maximum",
    "limits": "restrictions",
    "error": "problem",
    "access": "get into",
    "support": "allow",
    "supported": "possible",
    "enable": "turn on",
    "disable": "switch off",
    "start": "launch",
    "stop": "halt",
    "data": "information",
    "difference": "distinction",
    "available": "offered",
    "update": "refresh",
    "connect": "link",
    "need": "require",
    "get": "obtain",
    "many": "lots of",
}


def with_typos(text: str, generator: random.Random) -> str:
    """A third of the words, one at least and only those of four letters or more, is mistyped."""
    words = text.split()
    places = [i for i, word in enumerate(words) if sum(c.isalpha() for c in word) >= 4]
    for i in generator.sample(places, min(len(places), max(1, round(len(words) / 3)))):
        letters = list(words[i])
        at = generator.randrange(len(letters) - 1)
        match generator.choice(("swap", "drop", "double", "other")):
            case "swap":
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
            case "drop":
                del letters[at]
            case "double":
                letters.insert(at, letters[at])
            case _:
                letters[at] = generator.choice("abcdefghijklmnopqrstuvwxyz")
        words[i] = "".join(letters)
    return " ".join(words)


def with_words_dropped(text: str, generator: random.Random) -> str:
    """Three words in ten are left out."""
    return " ".join(word for word in text.split() if generator.random() >= 0.3)


def keywords(text: str, _: random.Random) -> str:
    """What somebody types who thinks of a search engine."""
    words = [word.strip("?!.,;:()\"'") for word in text.lower().split()]
    telling = [word for word in words if word and word not in _SMALL]
    # Few type more than they think they need.
    return " ".join(sorted(telling, key=len, reverse=True)[:5])


def with_greeting(text: str, generator: random.Random) -> str:
    """As people write in a channel."""
    return generator.choice(_GREETINGS).format(text)


def rewritten(text: str, generator: random.Random) -> str:
    """Another opening, and other words for some."""
    changed = text.lower().rstrip("?")
    for opening, others in _SAID_OTHERWISE:
        if changed.startswith(opening):
            changed = generator.choice(others) + changed.removeprefix(opening)
            break
    return " ".join(
        _SYNONYMS[word] if word in _SYNONYMS and generator.random() < 0.8 else word
        for word in changed.split()
    )


NOISE: dict[str, Noise] = {
    "typos": with_typos,
    "dropped_words": with_words_dropped,
    "keywords": keywords,
    "slack_prefix": with_greeting,
    "rewritten": rewritten,
}
