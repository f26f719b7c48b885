"""Which of the questions that people ask the gate of a watched channel takes for questions.

    python benchmarks/question_gate.py --data ../shared/data

Each text is judged as a message to nobody in particular. Of some sets every text is a question;
others hold statements and titles too ("card has not arrived"), so two shares are given for each:
of all texts, and of those with the form of a question, which is told here without the detector's
patterns: a question mark, or a question word or a helping verb at the beginning. What is refused
goes to standard error, with the patterns that speak against it.

The precision and recall on the labelled chat of the tests are given by half: patterns may be
written for messages of the first half only. Without `--data` the examples alone are judged. The
last line of standard output is one JSON object.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bot.intake.is_question import is_question
from bot.intake.markup import plain, spoken
from bot.intake.patterns import lookalikes, small_talk
from bot.intake.patterns.parts import SENTENCE_END

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples" / "helpdesk.jsonl"
CHAT = ROOT / "tests" / "bot" / "intake" / "data" / "chat_messages.jsonl"
# Each with the files of its texts; all of them are in the folder of the data.
SETS = {
    "cloud_faq": ("cloud_faq.jsonl",),
    "stackfaq": ("stackfaq/faq.jsonl", "stackfaq/queries.jsonl"),
    "covidfaq_deepset": ("covidfaq_deepset/faq.jsonl", "covidfaq_deepset/queries.jsonl"),
    "banking77": ("banking77/faq.jsonl", "banking77/queries.jsonl"),
    "askubuntu_webapps_qa": ("askubuntu_webapps_qa/queries.jsonl",),
    "clinc150": ("clinc150/faq.jsonl", "clinc150/queries.jsonl"),
}
_MARKED = re.compile(r"\?(?=[\s\"')]|$)")
_BEGINS = re.compile(
    r"(?:how|what|where|when|why|who|whom|whose|which|(?:what|where|who|how)'?s"
    r"|(?:can|could|do|does|did|is|are|am|was|were|should|shall|will|would|may|must|has|have)"
    r"(?! not\b))\b",
    re.IGNORECASE,
)


def has_form(text: str) -> bool:
    """Whether a text has the form of a question, whatever it says."""
    return bool(_MARKED.search(text) or _BEGINS.match(text.lstrip()))


def figures_of(texts: Sequence[str]) -> dict[str, Any]:
    """The shares taken for questions, of all texts and of those with the form of one."""
    asked = [text for text in texts if has_form(text)]
    refused = [text for text in asked if not is_question(text)]
    for text in refused:
        print(f"  {' '.join(text.split())[:120]}  <- {_against(text)}", file=sys.stderr)
    return {
        "texts": len(texts),
        "taken": _share(sum(map(is_question, texts)), len(texts)),
        "questions": len(asked),
        "questions_taken": _share(len(asked) - len(refused), len(asked)),
    }


def chat() -> dict[str, dict[str, float]]:
    """Precision and recall on the labelled chat, by half and by whom it was said to."""
    rows = _rows(CHAT)
    half = len(rows) // 2
    found: dict[str, dict[str, float]] = {}
    for name, part in (("first half", rows[:half]), ("second half", rows[half:])):
        for addressed in (False, True):
            said = [row for row in part if row["addressed"] is addressed]
            taken = [row for row in said if is_question(row["text"], addressed=addressed)]
            right = sum(row["question"] for row in taken)
            found[f"{name}, {'to the bot' if addressed else 'in a channel'}"] = {
                "precision": _share(right, len(taken)),
                "recall": _share(right, sum(row["question"] for row in said)),
            }
    return found


def _against(text: str) -> str:
    sentences = [plain(part) for part in SENTENCE_END.split(spoken(text))]
    named = {
        f"{name} {found[0]!r}": None
        for name, pattern in (vars(small_talk) | vars(lookalikes)).items()
        if isinstance(pattern, re.Pattern)
        for sentence in sentences
        if (found := pattern.search(sentence))
    }
    return "; ".join(named) or "no pattern speaks for it"


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _texts(paths: Iterable[Path]) -> list[str]:
    rows = [row for path in paths for row in _rows(path)]
    return list(dict.fromkeys(str(row.get("query") or row.get("question")) for row in rows))


def _sets(data: Path | None) -> dict[str, list[str]]:
    examples = _rows(EXAMPLES)
    sets = {
        "examples": [row["question"] for row in examples],
        "examples, phrasings": [text for row in examples for text in row.get("phrasings", ())],
    }
    if data is not None:
        for name, files in SETS.items():
            paths = [data / file for file in files]
            if not all(path.is_file() for path in paths):
                sys.exit(f"{name} is not in {data}: see its README for where it is from")
            sets[name] = _texts(paths)
    return sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the data sets; none for the examples")
    options = parser.parse_args()
    shares: dict[str, dict[str, Any]] = {}
    for name, texts in _sets(options.data).items():
        print(f"{name}:", file=sys.stderr)
        shares[name] = figures_of(texts)
    figures = {"sets": shares, "chat": chat()}
    for group in figures.values():
        for name, row in group.items():
            print(f"{name:28s}", *(f"{key} {value}" for key, value in row.items()))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
