r"""Fillers: what people say around a question in chat, from greetings to calls for help.

None of it says what is asked, and all of it moves an embedding. The patterns are narrow on
purpose: what is left in costs a little, but a word of the question taken away costs the answer.

They are written one alternative a line; an indented line carries on the one above.
"""

import re
import textwrap


def _any_of(lines: str) -> str:
    return "(?:" + re.sub(r"\n\s+", "", textwrap.dedent(lines).strip()).replace("\n", "|") + ")"


_AUDIENCE = _any_of(
    r"""
    (?:(?:it|the) )?(?:team|support|helpdesk|people|folks|guys|channel)
    all|everyone|everybody|y'?all|bot|friends
    """
)
_GREETED = _any_of(
    rf"""
    {_AUDIENCE}
    there|again|together|zusammen|alle|allen|a todos|tutti|(?:\u00e0|a) tous
    """
)
_GREETINGS = _any_of(
    r"""
    hi+|hey+|hello+|helo|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)
    hallo|moin|servus|guten (?:morgen|tag|abend)|goede(?:morgen|middag)|hoi
    hola|buenos d\u00edas|buenas(?: tardes)?|ol\u00e1|bom dia|boa tarde
    bonjour|salut|ciao|buongiorno
    """
)
GREETING = re.compile(
    _any_of(
        rf"""
        {_GREETINGS}(?: {_GREETED})*(?: \w{{2,15}}(?=[,!]))?
        (?:good )?(?:morning|afternoon|evening|dear)(?: {_GREETED})+
        (?:morning|afternoon|evening)(?=[,!.])
        """
    )
    + r"(?!['\w])[\s,.!:;\u2013\u2014-]*",
    re.IGNORECASE,
)

_PLEASE = "(?:please|pls+|plz+)"
_ANYONE = r"(?:any|some)\s?(?:one|body)(?: (?:here|else|out there|in here))?"
_SORRY = "(?:sorry|apolog(?:ies|ize)|my apologies|pardon|excuse me)"
_SMALL = "(?:quick|small|simple|basic|dumb|stupid|silly|newbie|noob|random|general|short|easy)"
_IF = "(?: (?:if|whether))?"
# "does anyone know the address" asks for what follows; "... know how" says nothing yet.
_NOT_ITS_OBJECT = r"(?! (?:a|an|the|of|any|about|anything|this|that|it|my|our|some)\b)"
_HELP_ME = "help(?: me)?(?: out)?"
_WITH_THIS = "(?: with (?:this|it|something))?"

# What stands before the point of a sentence.
_LEADING = re.compile(
    _any_of(
        rf"""
        @(?:here|channel|everyone|all|team|support|helpdesk|it-?support|admins?)
        {_AUDIENCE} ?[,:!]
        {_SORRY}(?: in advance)? (?:if|for|to) [^.,;:!?\n]{{0,60}}?
            (?:asked|answered|covered|discussed|posted|mentioned|obvious|questions?|channel|place
            |before|already|bother (?:you|everyone)|noise|spam|repeat|duplicate|faq)
            (?: (?:before|already|again|here|all|everyone|for this|to ask(?: this)?|in the faq
            |somewhere|elsewhere|(?:a million|many|too many) times|you(?: all)?)){{0,3}}
        {_SORRY}(?=[,.!:;])
        (?:i(?:'?m| am) )?(?:not sure|unsure|no idea|dunno) (?:if|whether) (?:this|it)(?:'s| is)[ ]
            [\w ]{{0,20}}?(?:channel|place|question|person|thread)
            (?: (?:for (?:this|it|that)|to ask(?: this)?)){{0,2}}
        (?:(?:i|we)(?:'?ve)? )?(?:(?:have|got|had) )?(?:just )?(?:(?:a|an|one|another) )?
            (?:(?:very|super|really|pretty|maybe) )?(?:{_SMALL} ){{1,2}}(?:question|q|one|ask|thing)
            (?: (?:here|for (?:you(?: all| guys)?|everyone|the team|y'?all)|guys|folks|team|all
            |{_PLEASE}|today)){{0,2}}(?! (?:about|on|regarding|for|re|is|was|from|that|to))
        (?:i (?:have|had|got) )?(?:a |one )?question(?= ?(?:[:,!]|- ))
        new here(?=[,.!;:]| (?:so|but) )
        i(?:'?m| am) new here
        (?:just )?(?:a )?(?:newbie|noob) here
        (?:(?:does|do|would|did) )?{_ANYONE} (?:happen to )?(?:knows?|remembers?){_IF}(?= )
            {_NOT_ITS_OBJECT}
        (?:can|could|would|will) {_ANYONE} (?:{_PLEASE} )?
            (?:tell me|let me know|explain(?: to me)?|advise(?: me)?(?: on)?
            |help(?: me)?(?: (?:out|understand|figure out))?(?: with)?)(?: {_PLEASE})?{_IF}(?=\W)
        {_PLEASE} {_HELP_ME}(?= ?[,:;.!-])
        help(?: me)?(?: {_PLEASE})?(?= ?[,:;.!])
        (?:i|we) (?:really |urgently )?need (?:some |a (?:bit of|little) )?help(?: {_PLEASE})?
            (?= ?[,:;.!])
        (?:i(?:'?m| am| was) )?(?:just )?(?:wondering|hoping)(?: (?:if|whether|that))?[ ]
            (?:you(?: guys)?|{_ANYONE}) (?:can|could|might|may) (?:please )?{_HELP_ME}{_WITH_THIS}
            (?= ?[.,:;!])
        (?:i(?:'?m| am| was) )?(?:just )?wonder(?:ing)?{_IF}(?=\W)(?! (?:about|at))
        (?:just )?curious(?: (?:if|whether)|(?=[,:;.!-]))
        (?:btw|by the way|fyi|ok(?:ay)? so|so um+|u+m+|u+h+|hm+|er+m*|well|anyways?)(?=[\s,])
        (?:so|ok(?:ay)?|oh|also) ?[,:]
        \[?(?:urgent|asap|important|question|help)\]? ?!* ?(?::|(?<=\])|!)
        hope (?:you(?:'?re| are| all| guys)?|everyone(?:'s)?|everybody|all|this)\b
            [^.!?\n]{{0,50}}?(?:well|good|great|fine|ok|weekend|day|week|morning)(?= ?[.,!])
        (?:long time (?:listener|lurker)|first time (?:caller|poster|user))(?= ?[.,!-])
        (?:thanks?(?: you)?|thx|ty)(?: (?:in advance|a lot|so much))?(?= ?[,.!:;])
        """
    )
    + r"(?!['\w])[\s,.!:;\u2026\u2013\u2014-]*",
    re.IGNORECASE,
)

# What leads from those to the point.
_SO = re.compile(r"(?:but|so|and)[\s,]+", re.IGNORECASE)

_THANKED = _any_of(
    r"""
    in advance|so much|very much|a lot|lots|a ton|a bunch|a million|again|anyway
    everyone|all|team|guys|folks|y'?all|people
    for (?:any|your|the|all the) (?:help|time|support|assistance)|for helping|for reading
    """
)
_WOULD_HELP = (
    r"(?: (?:is|are|would be|will be)(?: (?:much|greatly|really|very|so|highly|super))?"
    r" (?:appreciated|welcome|great|helpful|nice|awesome|good|lovely|amazing))"
)
# Unmistakable even where no punctuation sets it off.
_CLOSING = _any_of(
    rf"""
    (?:many )?(?:thanks|thank ?you|thank u|thx|thnx|tnx|tks|tysm|tyvm)(?: {_THANKED}){{0,3}}
    cheers(?: (?:all|everyone|guys|folks|team|mate))?
    tia|asap
    {_PLEASE} (?:help|advise|assist)(?: me)?(?: out)?(?: (?:asap|urgently|soon))?
    asking for (?:a|one of (?:my|our)) (?:friend|customer|client|colleague|coworker|teammate|user)s?
    (?:it'?s|this is) (?:(?:kind of|kinda|quite|really|very|pretty|a bit|super) )?urgent
    (?:that|it|this) would be (?:great|awesome|super helpful|very helpful|appreciated)
    any (?:ideas?|thoughts?|pointers?|suggestions?|tips|clues?|advice|hints?|guidance|input|feedback
        |help|assistance)(?:{_WOULD_HELP}|(?=\W*$))
        (?: (?:guys|folks|team|all|everyone|on this|here|{_PLEASE}))?
    (?:would |i'?d |we'?d )?(?:really |much |greatly )?appreciate[ ]
        (?:it|(?:any|the|your|some) (?:help|advice|pointers?|input|guidance))
    (?:much|greatly) appreciated
    """
)
# Said apart, after a sentence or a comma.
_AFTERTHOUGHT = _any_of(
    rf"""
    (?:ty|thanks?|thx|cheers|merci|gracias|danke|lol|haha+)(?:[\s,]+[\w.]{{2,15}})?
    (?:it )?would be (?:great|nice|awesome|helpful|good) if (?:{_ANYONE}|you) [^.;:!?\n]{{0,60}}
    (?:(?:best|kind|warm) )?(?:regards|wishes)(?:[\s,]+[\w.]{{2,15}})?
    (?:does |do )?{_ANYONE}(?: (?:know|knows|knows this|help|please))?
    who knows
    help(?: me)?(?: {_PLEASE})?
    let me know(?: {_PLEASE})?
    (?:can|could|would) {_ANYONE} (?:{_PLEASE} )?{_HELP_ME}{_WITH_THIS}
    (?:can|could) (?:you|u)(?: guys)? (?:{_PLEASE} )?{_HELP_ME}{_WITH_THIS}
    {_SORRY} (?:if|for) [^.;:!?\n]{{0,80}}
    (?:have a )?(?:nice|great|good|lovely) (?:day|weekend|one|evening|week)
        (?: (?:all|everyone|ahead))?
    (?:i(?:'?ve)? )?(?:(?:tried|have|already|just) )*(?:searched|googled|looked) [^.;:!?\n]{{0,60}}?
        (?:find|found|nothing|no luck|without (?:luck|success))[^.;:!?\n]{{0,40}}
    """
)
_CUT = r"(?:(?<=[?.!,;:)\u2026\u2013\u2014-])\s*|^)"
# After these, what looks like a closing is part of the sentence: "how do I say thanks".
_GOES_ON = "".join(
    rf"(?<!\b{word})"
    for word in (
        "of", "no", "say", "saying", "the", "and", "or", "for", "my", "your", "a", "with", "mean",
        "means", "give", "to", "have", "got", "me", "there", "need",
    )
)  # fmt: skip
_SMILEY = r"\s(?:[:;=][-']?[)(DPp/|]|<3|xd|\^\^)"
_TRAILING = re.compile(
    rf"(?:(?:{_CUT}|{_GOES_ON}\s){_CLOSING}|{_CUT}{_AFTERTHOUGHT}|{_SMILEY})"
    r"[\s.,!?;:\u2026\u2013\u2014-]*$",
    re.IGNORECASE,
)

_WORD = re.compile(r"\w+")
# Of these alone a message is about nothing, or about what is said around it.
_EMPTY_WORDS = """
    a all am again and any anyone are bot bye buddy but day dear do doing everyone folks for friend
    friends good goodbye great guys have help hello hey hi hope how i if im in is it its just me
    mr mrs my nice no of oh ok okay on one please pls plz q question quick s sir so sorry team
    thank thanks that the there this to today u up us very we well what whats with y yes you your
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
# More than anybody writes around a question; bounds the work on a text made of greetings alone.
_ROUNDS = 6
_TAIL = 200


def without_fillers(sentence: str) -> str:
    """A sentence without what is said around its point; empty where that is all there is.

    Args:
        sentence: On one line.
    """
    rest = sentence
    for _ in range(_ROUNDS):
        found = GREETING.match(rest) or _LEADING.match(rest)
        if not found or not found.end():
            break
        rest = rest[found.end() :]
        if leads := _SO.match(rest):
            rest = rest[leads.end() :]
    for _ in range(_ROUNDS):
        found = _TRAILING.search(rest, max(0, len(rest) - _TAIL))
        if not found:
            break
        rest = rest[: found.start()].rstrip(" ,;:\u2013\u2014-")
    return rest if rest == sentence or has_content(rest) else ""


def has_content(text: str) -> bool:
    """Whether a text has a word that is about something."""
    return any(word.lower() not in _EMPTY for word in _WORD.findall(text))
