"""How patterns are written, where sentences end, and what stands before their point."""

import re
import textwrap

from index.query.fillers import GREETING


def phrases(lines: str) -> re.Pattern[str]:
    r"""A pattern that begins where a word begins, and ends where one ends.

    It is written one alternative a line; an indented line carries on the one above. A last word
    that may go on says so, with `\w*`.
    """
    alternatives = re.sub(r"\n\s+", "", textwrap.dedent(lines).strip()).replace("\n", "|")
    return re.compile(rf"(?<!\w)(?:{alternatives})" + r"(?!\w)")


# Nothing more is said in the clause: "how are you", but not "how are you billed".
CLAUSE_OVER = r"(?=\s*(?:[^\w\s]|$))"
# It is no part of a name either: "right, it fails", but not "right click fails".
NO_NAME = (
    r"(?! (?!(?:its?|this|that|the|an?|we|you|i|he|she|they|thing|everything|all|if|when)(?!\w))\w+"
    r" (?:\w+ )?(?:is|are|isnt|arent|doesnt|dont|wont|cant|keeps?|fails|failed|shows|stays|stopped"
    r"|never|hasnt|throws|returns|gives)(?!\w))"
)

SENTENCE_END = re.compile(r"(?<=[.!?\u2026\uff1f\u061f])\s+|\n+|(?<=\uff1f)")
CLAUSE_END = re.compile(r"\s?[,;:()\u2013\u2014]\s*|\s-\s|\s(?:and|but|so|or)\s")

# --- Who is spoken to --------------------------------------------------------------------------

TO_SOMEONE = re.compile(
    rf"\s*(?:{GREETING.pattern})?"
    r"(?:<@[UW]\w+(?:\|[^<>]*)?>"
    r"|@(?!(?:here|channel|everyone|all|team|it|support|helpdesk|admins?)\b)"
    r"(?![\w.-]+/)[a-z][\w.-]+)",
    re.IGNORECASE,
)

# What may stand before the point of a sentence.
LEAD_IN = re.compile(
    r"""(?:
        (?:so|and|but|ok|okay|also|well|hm+|um+|oh|btw|anyway|weird|strange|then|still|actually
          |sorry|thanks?|thank\ you|thx|curious|ps|p\.s\.|and\ now|now|by\ the\ way
        |just\ wondering
          |one\ (?:more\ )?(?:thing|question)|in\ that\ case|same\ question
          |(?:(?:a\ )?(?:quick|dumb|stupid|silly|newbie|noob|random|general|small|maybe)\ )+
            (?:question|one|q)
          |question)
      | (?:sorry\ if\ this\ is|not\ sure\ if\ this\ is)\ [\w\ ]{1,40}?(?:channel|place|question)
        (?:\ (?:for\ this|to\ ask))?
      | (?:folks|guys|team|all|everyone)(?=\ ?,)
    )(?!\w)[\s,.!:;\u2013\u2014-]*""",
    re.VERBOSE,
)
