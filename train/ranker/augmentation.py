"""Questions as people in a hurry type them, made from questions as they are stored."""

import random
from collections.abc import Callable

_STOP = """
    a an the is are do does did how what can in of to i we my our you for on and or it this that be
    with when where why which will should
"""
STOP_WORDS = frozenset(_STOP.split())
_BEFORE = (
    "hey team quick q:",
    "hi all,",
    "sorry if this was asked before but",
    "does anyone know",
    "quick question -",
    "hello folks!",
    "pls help:",
)
_AFTER = ("thanks!", "thx in advance", "any ideas?", "cheers", "asking for a customer", "")
_OPENINGS = (
    ("how do i ", ("trying to ", "need help to ", "what must I do to ")),
    ("how can i ", ("want to ", "looking for how to ", "any way I could ")),
    ("how ", ("in what way ", "I need to know how ")),
    ("can i ", ("am I allowed to ", "may I ", "could we ")),
    ("what ", ("tell me what ", "I am looking for what ")),
    ("why ", ("I do not understand why ", "the reason ")),
    ("is ", ("please confirm ", "are we sure ")),
    ("does ", ("will ", "I was told ")),
)
# Words that stand for any other.
_VAGUE = ("thing", "stuff", "this", "one", "it", "our", "new", "current")
# What a finger hits that misses, on the keyboard most have: a key and its neighbours.
_KEYS = """
    qwa wqes ewrd retf trgy ytuh uyij iuok oipl pol asqz sadw dsfe fdgr gfht hgjy jhku kjli lko zxa
    xzcs cxvd vcbf bvng nbhm mnj
"""
_NEIGHBOURS = {keys[0]: keys[1:] for keys in _KEYS.split()}


def augmented(text: str) -> str:
    """A question with something changed; always the same for a text, and never the text itself."""
    generator = random.Random(text)  # seeds from the text itself, in every process alike
    changed = generator.choice(_KINDS)(text, generator)
    return changed if changed not in ("", text) else _with_fillers(text, generator)


def _with_typos(text: str, generator: random.Random, most: int = 2) -> str:
    words = text.split()
    long = [i for i, word in enumerate(words) if len(word) >= 4]
    generator.shuffle(long)
    for i in long[: generator.randint(1, most)]:
        words[i] = _mistyped(words[i], generator)
    return " ".join(words)


def _mistyped(word: str, generator: random.Random) -> str:
    i = generator.randrange(1, len(word) - 1)
    kind = generator.randrange(4)
    if kind == 0:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    if kind == 1:
        return word[:i] + word[i + 1 :]
    if kind == 2:
        return word[:i] + word[i] + word[i:]
    return word[:i] + generator.choice(_NEIGHBOURS.get(word[i].lower(), "e")) + word[i + 1 :]


def _with_words_left_out(text: str, generator: random.Random, share: float = 0.3) -> str:
    return " ".join(word for word in text.split() if generator.random() > share)


def _keywords(text: str, generator: random.Random) -> str:
    words = [word.strip("?.,!") for word in text.split()]
    telling = [i for i, word in enumerate(words) if word and word.lower() not in STOP_WORDS]
    # Few type more than they think they need.
    kept = sorted(generator.sample(telling, min(len(telling), generator.randint(3, 7))))
    return " ".join(words[i] for i in kept)


def _with_fillers(text: str, generator: random.Random) -> str:
    return f"{generator.choice(_BEFORE)} {text} {generator.choice(_AFTER)}".strip()


def _said_otherwise(text: str, generator: random.Random) -> str:
    """Another opening, and a word or two that the stored question does not have."""
    for opening, others in _OPENINGS:
        if text.lower().startswith(opening):
            text = generator.choice(others) + text[len(opening) :]
            break
    words = text.split()
    long = [i for i, word in enumerate(words) if len(word) >= 4]
    for i in generator.sample(long, min(len(long), generator.randint(1, 2))):
        words[i] = generator.choice(_VAGUE)
    return " ".join(words)


def _all_at_once(text: str, generator: random.Random) -> str:
    left = _with_words_left_out(text, generator, 0.15)
    return _with_fillers(_with_typos(left, generator, 1), generator).lower()


_KINDS: tuple[Callable[[str, random.Random], str], ...] = (
    _with_typos,
    _with_words_left_out,
    _keywords,
    _with_fillers,
    _said_otherwise,
    _all_at_once,
)
