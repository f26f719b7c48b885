r"""The words a question is known by: the patterns that `is_question` judges sentences with.

They see sentences as `bot.intake.markup.plain` leaves them, in lower case and without apostrophes
("can't" is `cant`), so that each spelling is written once; only `SENTENCE_END` and the patterns
that ignore case see text as it was written. Whether a pattern holds at the start of a sentence
(`match`) or anywhere in it (`search`) is decided where it is used.

To add a pattern, for a message that was judged wrongly:

1. Put the message, reworded so that it names nobody, into the list it belongs to in
   `tests/bot/intake/test_is_question.py`: `ASKED_IN_A_CHANNEL`, `NOT_ASKED_IN_A_CHANNEL`,
   `SAID_TO_THE_BOT` or `SMALL_TALK_WITH_THE_BOT`. See the test fail.
2. Add an alternative, most often one line, to the pattern for its kind of sentence: rather three
   words of the phrase than one, and with `whole=False` ended by `(?!\w)` unless the last word may
   go on. Where it would take in other messages too, exclude them with `(?!...)` and put one of them
   into the opposite list.
3. Let it not backtrack far: repeat words a bounded number of times (`(?:\w+ ){0,3}`), and nest no
   repetition in another. If it repeats anything, add what it repeats to the pieces of
   `test_a_huge_message_takes_no_longer_than_its_length_warrants`.
4. Run that file. It also measures precision and recall on the second half of
   `tests/bot/intake/data/chat_messages.jsonl`. Do not write patterns for messages of that half:
   it can only tell how the bot does on chat it has not seen for as long as nobody tunes on it.

A greeting, thanks or acknowledgement of one word goes into `_CHITCHAT_WORDS` instead, and its test
into `SMALL_TALK_WITH_THE_BOT`.
"""

import re
import textwrap

from index.query.fillers import GREETING


def _phrases(lines: str, *, whole: bool = True) -> re.Pattern[str]:
    """A pattern that begins with a word, and with `whole` ends with one too.

    It is written one alternative a line; an indented line carries on the one above.
    """
    alternatives = re.sub(r"\n\s+", "", textwrap.dedent(lines).strip()).replace("\n", "|")
    return re.compile(rf"(?<!\w)(?:{alternatives})" + (r"(?!\w)" if whole else ""))


# --- Parts of a message ------------------------------------------------------------------------

SENTENCE_END = re.compile(r"(?<=[.!?\u2026\uff1f\u061f])\s+|\n+|(?<=\uff1f)")
CLAUSE_END = re.compile(r"\s?[,;:()\u2013\u2014]\s*|\s-\s|\s(?:and|but|so|or)\s")

# --- Who is spoken to --------------------------------------------------------------------------

TO_SOMEONE = re.compile(
    rf"\s*(?:{GREETING.pattern})?"
    r"(?:<@[UW]\w+(?:\|[^<>]*)?>"
    r"|@(?!(?:here|channel|everyone|all|team|it|support|helpdesk|admins?)\b)[a-z][\w.-]+)",
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

# --- Forms of a question -----------------------------------------------------------------------

_SOMEBODY = r"(?:any|some)(?:one|body| one| body)"
_SUBJECT = (
    rf"(?:{_SOMEBODY}|i|we|u|it|there|this|that|these|those|the|a|an|any|some|my|our|your|their|they"
    r"|he|she|people|users|all|every\w*|one|new|other|external\w*|guests?|contractors?|interns?"
    r"|visitors?|non)"
)
ENGLISH_QUESTION = _phrases(
    rf"""
    how (?:do|does|did|can|could|to|long|much|many|often|come|would|should|is|are|am|will|(?:i
        |we) (?:can|could|should|do)|big|fast|far|soon|late|early|old|large|small|high|deep
        |secure|safe|quickly|exactly|else)
    wh(?:at|ats|ere|eres|y|ys|o|os) (?:is|are|was|do|does|did|can|could|should|would|will|has
        |have|am|the|my|our|a|an|to|cant|wont|isnt|arent|doesnt|dont|didnt|if|kind|sort|type
        |time|version|happens|happened|causes|else|exactly|i (?:can|could|should)|find|must|may
        |owns|handles|manages|approves|maintains|looks|knows|runs|s|about)(?!\w)
    (?:what|which) (?:\w+ ){{1,4}}?(?:is|are|do|does|did|can|should|would|will|must|has|have|am)
    what (?:\w+ ){{1,3}}?(?:need|needs|to|work|works|apply|applies|count|counts)
    (?:any|one|some) of (?:you|u) (?:\w+ )?(?:know|have|has|seen|able|tried|using|got|managed)
    who (?!knows|cares|needs|does|is|was|has|says)\w+s \w+
    (?:whats|wheres|whys|whos|whens|hows)
    when (?:is|are|was|do|does|did|can|could|should|will|would)
    wh(?:ich|ose) (?!(?:is|are|was|were|means|would|will|can|could|has|have|i|we|you|then|in|by
        |makes|should|also|works|worked|fixed)(?!\w))\w+
    (?:is|are)(?:nt)? (?!(?:not|now|back|fixed|down|working|up|still|also|just|being|done|ok
        |okay|fine|great|good|very|so|really|what|how|why|where|when|who|always|only|already
        |going|currently|no|under|scheduled|planned|required|available|live|here|in|on|off|out
        |at|for|to|an?)(?!\w))\w+
    (?:do|does) (?!(?:not|it|so|please|your|the (?:trick|job|same)|a|let|check|try|make|take
        |reach|ask|keep|remember|note)(?!\w))\w+
    (?:can|could|would|will|should|was|were|did|may|must|am) {_SUBJECT}
    (?:can|will|could|should) (?:(?:\w+ ){{1,4}}?be \w+|(?!press|access|discuss|pass|process
        |address)\w{{3,}}s \w+)
    (?:has|have) (?:{_SOMEBODY}|i|we|it|there|this|that|these|those|the|my|our|they|any)
    (?:have|has|did|can|could|would) {_SOMEBODY}
    (?:any|some)(?:one|body|1| one| body) (?:here |else |in here |from \w+ )?(?:know|knows|have
        |has|having|got|able|seen|see|sees|seeing|familiar|using|used|tried|experienc\w+|help|
        (?:can|could) (?:help|tell|explain|check|look|give|share|assist|point)|aware|managed
        |else|who|willing|please|pls|got|remember)
    any (?:idea|ideas|chance|way|news|updates?|workaround|docs|documentation|pointers|hints?
        |suggestions?|advice|tips?|recommendations?|clue|help|reason|possibility|eta)
    """,
)
# The same, where it is unmistakable even in the middle of a sentence.
INNER_QUESTION = _phrases(
    rf"""
    (?:how|where|what|when|which \w+) (?:do|can|could|should|would|am|must) (?:i|we)
    (?:does|do|can|could|would|has|have|is|if) {_SOMEBODY} (?:\w+ )?(?:know|knows|have|has|help
        |tell|explain|point|else|seen|able|check|look|push|reset|unlock|give|add|fix|confirm
        |share)
    (?:is|are) there (?:a|an|any|some)
    (?:do|does|can|could|should|may) (?:i|we) (?:\w+ )?(?:need|have|get|use|ask|request|do)
    (?:wondering|(?:i|we) wonder|curious|not sure|unsure|(?:dont|didnt) (?:know|understand)
        |no (?:idea
        |clue)|cant (?:see|figure out|tell|remember|find out)|unclear|confused|like to know
        |want to know|need to know|(?:tell|show|explain to) (?:me|us)|to find out|advise
        |confirm) (?:about |on |as to )?(?:if|how|where|what|when|why|which|whether|who to)
    who (?:do|can|should|could) i (?:talk|ask|contact|speak|write|call|go)
    what permission
    (?:what|which) \w+ (?:do|does|should|can|would) (?:you|i|we|one|people)(?! (?:see|mean|think
        |use|have))
    """,
)
# What a question may start with, but after a comma more often continues a statement.
RELATIVE = re.compile(
    r"(?:which|whose|what|who|is|are|was|were|will|would|should|could|has|have|did|does)\b"
)
FOREIGN_QUESTION = _phrases(
    r"""
    (?:wie|was|wo|wer|wann) (?:kann|komm\w*|krieg\w*|bekomm\w*|geht|mach\w*|ist|sind|muss
        |soll\w*|finde\w*|lange|viel|oft|richte|setze|st[e\u00e4]ll\w*|l\u00f6sche|\u00e4ndere
        |bedeutet|tun|darf|lautet|hei\u00dft|wei\u00df|hat|wird)
    (?:warum|wieso|weshalb|woher|wohin|gibts|gibt es|kann (?:ich|man|mir|jemand|wer)|darf ich|
        (?:wei\u00df|hat|kennt|kann|k\u00f6nnte) (?:mir )?jemand)
    (?:c\u00f3mo|d\u00f3nde|cu\u00e1ndo|qui\u00e9n|cu\u00e1l|por qu\u00e9|qu\u00e9 hago
        |alguien (?:sabe
        |puede|tiene)|puedo|se puede)
    (?:como|onde|donde) (?:fa\u00e7o|posso|puedo|hago|se|est\u00e1|fica|configur\w*|cambi\w*
        |conect\w*|encontr\w*|consigo|acess\w*|acced\w*|instal\w*)
    (?:algu\u00e9m (?:sabe|pode|tem)|quem (?:pode|sabe|\u00e9)|qual (?:\u00e9|o|a))
    comment (?:je|puis|peut-on|faire|se|est|\w+(?:er|ir)(?!\w))
    (?:pourquoi|o\u00f9 (?:est|sont|puis|trouver|se)|est-ce qu\w*|quest-ce qu\w*|puis-je
        |quelquun (?:sait|peut|a)|quel(?:le)?s? (?:est|sont))
    come (?:posso|faccio|si|mai|funziona|accedo|cambio)
    (?:dove (?:posso|si|trovo)|perch\u00e9|qualcuno (?:sa|pu\u00f2|ha)|chi (?:pu\u00f2|sa))
    (?:hoe|waar|wanneer) (?:kan|moet|kom|krijg|vind|doe|is|zet|lang|veel|werkt|stel|maak)
    (?:waarom|weet iemand|heeft iemand|kan (?:ik|iemand))
    """,
)

# --- Forms of a request ------------------------------------------------------------------------

_SERVICE_VERB = (
    r"(?:reset|unlock|add|give|grant|enable|install|remove|create|extend|check why|fix|provide"
    r"|advise|assist|help|activate|reactivate|set ?up|restore|recover|reopen|renew|order|send me"
    r"|unblock|cancel|terminate|close|refund|block|freeze|verify|whitelist|invite|assign|change"
    r"|update|delete|restart|increase|raise|replace|get|let me know|explain|tell|show|look into"
    r"|re-?enable|transfer|move|approve|deactivate|disable)"
)
REQUEST = _phrases(
    rf"""
    (?:i|we|id|ill|and|also|urgently|desperately|really| )*(?:need|require|needing) (?:urgent )?
        (?!(?:to|it|this|that|you|your|coffee|more coffee|a (?:coffee|break|nap|drink|beer))
        (?!\w))\w+
    (?:i|we|also| )*(?:need|have|want|wanted|would like|d like|trying|tried|try|hoping
        |hope) to (?:get
        |reset|install|access|request|order|change|set|setup|connect|replace|find|know|book
        |restore|recover|print|scan|move|add|transfer|migrate|upgrade|return|extend|renew|create
        |open|configure|log|login|sign|use|reach|join|send|download|upload|export|import|map
        |share|run|register|cancel|close|delete|stop|pay|verify|activate|enable|update|link
        |start|see|load|save|block|report|check|apply)
    (?:i |we )?(?:want|would like) (?:a|an|the|my|some|one|another|to (?!thank|say|share|remind
        |let|welcome|introduce|point|invite|congrat|go home|join you)\w+)
    (?:id|wed) (?:like|love|appreciate|need) (?!to (?:thank|say|share|remind|welcome|introduce
        |point|invite|congrat\w*))\w+
    (?:im |were |i am |we are |currently )*(?:looking|searching|hunting) (?:for|to) \w+
    (?:im |were |i am |we are )*(?:requesting|struggling|in need of)
    (?:please|pls|plz|kindly) (?:can|could)
    (?:can|could|would) (?:you|u) (?:guys |all |please |pls |kindly )*{_SERVICE_VERB}
    {_SERVICE_VERB} (?:\w+ ){{0,3}}(?:my|our|me|us)
    help(?: (?:me|us|please|pls|needed|wanted|with)|!|$)
    i (?:have|got) (?:a|another) (?:\w+ )?(?:question|problem|issue)
    """,
)
INNER_REQUEST = _phrases(
    rf"""
    (?:please|pls|plz|kindly) (?:\w+ly )?{_SERVICE_VERB}
    (?:please|pls|plz|kindly) (?!let|remember|note|dont|be|read|make|use|keep|leave|take|review
        |join|see|refer|visit|follow|consult|submit|fill|complete|welcome|contact|ping|dm|ask
        |ignore|thank)\w+ (?:\w+ ){{0,3}}(?:my|me|our|us)(?!\w)(?!.{{0,80}}\byour\b)
    {_SERVICE_VERB} [^?]{{1,60}} (?:please|pls|plz)$
    (?:need|needed|(?:she|he|they|who|one) needs?) (?:some |your |urgent )?(?:help|assistance
        |support|access|permission)
    (?:starter|joiner|colleague|team|user|intern|contractor|client|customer|manager)s?
        (?: still)?(?: needs?)
    (?:help|assist|support) (?:me|us) (?!out yesterday)
    (?:have|had|having|facing|experiencing|seeing|getting|got|run into) (?:\w+ )?(?:trouble
        |issues?|problems?|difficult\w+)
    (?:^|a|an|one|another|my|quick|got|have|few|some) ?questions? (?:about|on|regarding|re
        |concerning)
    (?:looking|searching) for (?:a|an|the|some\w*|my|our|help)
    (?:i|we) (?:am|are|was|were|have been|ve been) (?:told|asked) to ask
    (?:i|im|am|we|been|^) ?(?:still )?waiting (?:for|on) (?:my|the|a|an|our|access|approval
        |weeks|days)
    would appreciate (?:any|some|help)
    """,
    whole=False,
)

# --- Problems ----------------------------------------------------------------------------------

PROBLEM = _phrases(
    r"""
    (?<!you )(?:cant|cannot|can not|couldnt|unable to|not able to|impossible to) (?:seem to )?
        (?!(?:wait|believe|make|complain|say|blame|imagine|come|attend|stop|recommend|thank
        |help but|make it|join|be|reproduce|remember the last|agree|promise|speak|talk|tell you)
        (?!\w))\w+
    (?:doesnt|does not) (?!(?:matter|mean|hurt|surprise|look like|have to|need|support|allow
        |provide|expose|belong|count|include|require|affect|apply|contain|guarantee|share|offer
        |cost|delete)(?!\w))\w+
    (?:wont|will not) (?!(?:be|make|have|need|do|happen|hurt|forget)(?!\w))\w+
    (?:isnt|arent|is not|are not|not) (?:\w+ )?(?:working|loading|showing|syncing|connecting
        |responding|printing|opening|starting|sending|receiving|charging|updating|saving|booting
        |detected|recogni[sz]ed|found|available|reachable|accessible|visible|received|delivered
        |valid|accepted|turning|playing|ringing|coming (?:through|up|on)|going through|activated
        |authori[sz]ed|allowed|there anymore)
    (?:i|we|it|they|and|but|s) (?:dont|do not|didnt|did not|havent|have not|never) (?:even )?
        (?:see|have|get|got|gotten|receive|received|find|work|arrive|help|hear|heard|show
        |remember|open|load|start|save|sync|print|connect)
    (?<!you )(?:wasnt|werent|hasnt|havent|was not|were not|has not|have not) (?:\w+ly )?(?!(?:in
        |at|on|sure|aware|that|it|a|the|there|me|you|had|seen you|decided|been to)(?!\w))\w+
    (?<!you )didnt (?!(?:know|mean|realis|realiz|say|think|want|like|notice|see that
        |expect that)\w*)\w+
    (?:im|am) not (?!(?:sure|going|coming|saying|doing|a|the|kidding|joking|in|at|on)(?!\w))\w+
    (?:is|are|was|were|shows?|an?|the) (?:wrong|incorrect|pending|unexpected|suspicious
        |duplicate\w*)
    (?:did not|didnt|doesnt|wont) go through
    someone (?:stole|used|accessed|hacked|took) my
    (?:shows?|appears?|charged|paid|sent|listed|there) (?:up )?(?:twice|several times
        |multiple times)
    (?:i|we|ive|weve) (?:was|were|got|been|have been|am) (?:\w+ )?(?:over)?charged
    (?:is|are|its|my \w+) still (?:not|pending|processing|waiting|showing|saying|asking|blocked
        |open)
    (?:by mistake|by accident|accidentally|didnt make|do not recogni[sz]e|dont recogni[sz]e)
        (?!\w)
    (?:(?<!can )(?<!may )(?<!will )fail(?:s|ed|ing)?|refus(?:es|ed|ing)|declin(?:es|ed))(?!\w)
    keeps? (?:on )?\w+ing
    stopped (?!by(?!\w))\w+
    (?:is|are|was|get|gets|got|been|im|keeps?|just|remains?|seems?) (?:\w+ )?(?:stuck|broken
        |frozen|dead|offline|missing|gone|locked|expired|denied|blocked|rejected|disabled
        |corrupt\w*|unresponsive|empty|invalid|unavailable|overheating|cracked|stolen|damaged
        |kicked out|logged out|signed out|disconnected|lost|hacked|jammed|dropping)
    (?:has|have|just|all|it|since \w+)? ?(?:crash(?:es|ed|ing)|freez(?:es|ing)|froze|disappeared
        |vanished|flickers?|flickering|disconnect(?:s|ing)|times out|timed out|timing out|bounc
        (?:es|ed)|lagging|laggy|glitch\w*|malfunction\w*|misbehav\w*|expired|overheats
        |stutters?)
    (?:is|are|seems?|looks?|went|goes|still) (?:\w+ )?down
    (?:when|whenever|while|as soon as|every time|each time|everytime|after) (?:i|we) (?!get|have
        |am|was|had|talked|met|come|arrive|retur|finish)\w+
    since (?:yesterday|today|this|last|the|noon|lunch|monday|tuesday|wednesday|thursday|friday
        |saturday|sunday|about|around|an hour|\d)
    (?:shows?|gets?|got|has|have|returns?|returned|receives?|received|gives?|finds?|prints?
        |sees?|opens?|displays?|loads?) (?:me |us )?(?:only )?(?:no|nothing|blank|empty|an empty
        |a blank|a black|a white|garbage|gibberish|half)(?! (?:idea|doubt|questions?|worries
        |plans?|time))
    (?:went|goes|stays?|turns?|turned|remains?|came up|comes up|is|are|all|completely) (?:black
        |blank|white|red|grey|gr[ae]yed out|silent|dark|unreadable|blurry|pink|upside down
        |unusable)
    (?:blank|empty|black|white|blue|frozen) (?:page|screen|window|pages|inbox|mail|result)
    (?:choppy|robotic|distorted|garbled|scratchy|unstable|intermittent\w*|patchy|out of sync|cut
        (?:s|ting) (?:out|off)|drops? (?:out|off)|hours? off|minutes? off|wrong (?!one)\w+$
        |out of order|of nowhere|randomly|all of a sudden|suddenly|constantly)
    (?:page|inbox|list|calendar|folder|window|screen|drive|mailbox|report|file) (?:is|are
        |looks) empty
    ^no (?:more )?(?!errors?|problems?|issues?|worries|news|need|idea|reason|rush|hurry
        |meetings?|one
        |changes?|updates?|objections?)\w+ (?:\w+ )?(?:in|for|on|when|left|at|from|after) \w+
    ^(?:forgot|left|dropped|broke) my
    (?:could not|couldnt|can not|cannot) be
    account (?:is )?locked
    (?:kicked|cut) off
    gr[ae]yed out
    (?:missing|swollen|broken|stuck|jammed|cracked) (?:mails?|files?|emails?|messages?|battery
        |screen
        |cable|paper|key|keys|button|door)
    lost (?:access|connection|the connection|contact|all my|our)
    (?:nobody|no one|none of us|not everyone) (?:\w+ )?(?:can|is able|gets?|sees?|could)
    (?:rejects?|rejecting|ran out|runs out|running out|ate my|turned into|turns into|vanished)
        (?!\w)
    (?:goes?|went|going|lands?|landed) (?:straight )?(?:to|in) (?:the )?(?:spam|junk)
    (?:weird|strange|odd|funny|loud|burning|grinding) (?:noise|sound|smell|characters?
        |behaviou?r|message)
    wants? (?:me to|a|an|my) (?:\w+ )?(?:password|key|code|login|pin|certificate|update
        |admin\w*)
    (?:logs?|logging|kicks?|kicking|signs?|throws?|threw) (?:me|us|everyone|everybody|users
        |people) (?:out|off|in as)
    i (?:no longer|dont) (?:own|have)
    ^(?:my|our) (?!bad|pleasure|team|manager|boss|colleague|guess|fault|thoughts?|opinion|point
        |take|favou?rite|plan|idea|suggestion|question was|pr |hope|goal|mistake|apolog
        |understanding|view)(?:\w+ ){1,4}?(?:is|are|has|does|do|was|were|only|keeps?|still|just
        |left|got|needs?|says|wont|cant|doesnt|isnt|shows?|stops?|stopped|starts?|started
        |\w+s) \w+
    (?:beep|blink|buzz|rattl|reboot|restart|shut|turn|switch|log|sign|kick)(?:s|es
        |ing) (?:\w+ )?
        (?:me|off|down|out|red|again|every|on its|itself|\w+ly)
    (?:asks|asking|prompts?|prompting|prompted|asked) (?:me )?(?:for|to) (?:a|an|my|the)
    (?:too (?:small|short|slow|loud|quiet|dark|old|long|big) (?:for|to)|almost full|is full
        |out of(?: (?:space|memory|toner|paper|disk|ink))|takes? (?:forever|ages|hours|very long
        |so long))
    (?:is|are|so|very|super|really|extremely|too|painfully|running|seems|getting|terribly|gets
        |incredibly|insanely) slow
    (?:access|permission|request|login|sign-?in) (?:was |is |has been )?(?:denied|refused
        |rejected)
    (?:page|file|host|server|device|user|command|site) not found
    (?:getting|get|gets|got|see|seeing|shows?|showing|throws?|throwing|receive|receiving|hit
        |hitting|returns?|displays?) (?:\w+ ){0,3}(?:errors?|exceptions?|warnings?|popups?
        |pop-ups?)
    (?:with|an|this|the same|weird|strange|following|says) (?:\w+ )?(?:error|exception(?! of))
        (?!\w)
    (?:getting|get|gets|got|see|seeing|sees|shows?) ["\u201c]
    error (?:code )?(?:0x\w+|\d+)
    (?:says|saying|tells me|claims|complains|asks|asking|wants) (?:that |for |me |my |a |it )*
        (?:["\u201c]|not|no|invalid|wrong|unknown|incorrect|admin\w*|password|code|key|recovery
        |account|permission|update|license|period|i (?:am|have|need|dont)|the (?:password
        |account))
    (?:i|ive|we|weve|my \w+) (?:just |also |have |accidentally |think i )*(?:forgot|forgotten
        |lost|locked|deleted|misplaced|broke|dropped|spilled|clicked|damaged|overwrote) (?!(?:to
        |about|that|track|count)(?!\w))
    (?:locked|kicked|logged|signed) (?:myself |me |us )?out
    (?:(?:have|has|got|with|there is|theres|getting) |^|(?<=, ))no (?:internet|sound|signal
        |access|audio|connection|network|picture|wifi|permission|email|e-mail|display|video
        |power|service|data)
    nothing (?:happens|comes|shows|works|helps|prints|appears|arrived|arrives|happened)
    (?:this|it|error|message|window|popup) (?:pops up|comes up|keeps|appears (?:every|when))
    no longer (?:works?|opens?|loads?|connects?|starts?|see|able|possible|shows?|prints?|syncs?)
    (?:having|have|got|facing|there is|theres|seeing|run into) (?:an? |some |the same )?
        (?:\w+ )?(?:issues?|problems?|trouble)
    (?:used to work|worked (?:fine )?(?:yesterday|before|until)|tried (?:everything|twice
        |restarting|rebooting))
    """,
    whole=False,
)
FOREIGN_PROBLEM = _phrases(
    r"""
    (?:funktioniert|geht|klappt|l\u00e4dt|startet|druckt) (?:\w+ ){0,2}(?:nicht|nimmer)
    (?:ich )?(?:kann|komme) (?:\w+ ){0,4}nicht
    passwort vergessen
    (?:ich )?brauche (?:hilfe|ein)
    no (?:me )?(?:funciona|puedo|carga|abre)
    olvid\u00e9
    necesito
    n\u00e3o (?:consigo|funciona|abre|est\u00e1)
    esqueci
    preciso
    ne (?:marche|fonctionne|souvre|d\u00e9marre) (?:\w+ )?pas
    narrive pas
    jai (?:oubli\u00e9|besoin)
    non (?:funziona|riesco|si apre)
    ho (?:dimenticato|bisogno)
    werkt (?:\w+ )?niet
    kan (?:\w+ )?niet
    wachtwoord vergeten
    ik heb hulp
    """,
)
PASTED_ERROR = re.compile(
    r"error|exception|traceback|fatal|denied|failed|refused|timed? ?out|not found|warning|panic"
    r"|invalid|expired|cannot|can't|unable|not allowed",
    re.IGNORECASE,
)

# --- What only looks like a question -----------------------------------------------------------

# Small talk and plans among colleagues, wherever it stands in the sentence.
SOCIAL = _phrases(
    r"""
    how (?:are|r) (?:you|u|things|we|yall|everyone)(?! (?:supposed|meant|able|to|handling
        |dealing))
    how(?:s| is| was) (?:it going|everyone\w*|everybody\w*|life|your|the weekend|things
        |the (?:trip
        |holiday|party|vacation))
    whats (?:up(?! with)|new\W{0,3}$|cooking)
    ^what an?(?= )
    how (?:cool|nice|awesome|great|sweet|funny|cute|sad)(?!\w)
    (?:anyone|anybody|someone|whos|who is|who else is) (?:\w+ )?(?:up|in|keen|game|joining
        |coming|going|free|hungry|around)(?!\w)
    who (?:wants|fancies)
    fancy (?:a|some)
    (?:stuck )?in traffic
    how about (?:we|lunch|\d|a|next|tomorrow|monday|friday)
    cover (?:my|for me)
    who (?:took|stole|ate|moved) (?:my|the)
    (?:anyone|anybody) (?:want|fancy)
    (?:anyone|anybody|whos|lets|we|brb|off|out|going) (?:\w+ ){0,3}(?:lunch|coffee|beers?
        |drinks?|breakfast|dinner|pizza|cake|ice cream|sushi|tea|snacks)(?! (?:machine|maker
        |room))
    birthday
    excited
    table tennis
    foosball
    ping ?pong
    happy hour
    (?:see|talk to|catch) (?:you|ya|u)(?!\w)
    have a (?:good|great|nice|lovely)
    nice weekend
    my (?:train|flight|bus|kids?|dog|cat|son|daughter|wife|husband|voice|lunch|bike|dentist
        |doctor|plane|mother|father|parents)
    (?:running|minutes?|mins?|bit|hours?) late
    (?:the|that) (?:game|match|movie|show|episode|concert)
    is it (?:friday|monday|weekend|the weekend)
    always monday
    (?:cant|can not) (?:wait|believe)
    shall we
    do we want
    what do (?:you|we|u|yall) (?:guys |all )?think
    thoughts\?
    any (?:other )?(?:questions|objections|volunteers|takers)
    """,
    whole=False,
)
# Asked for effect, or for nobody to answer. At the start of a sentence.
RHETORICAL = _phrases(
    r"""
    (?:isnt|arent|wasnt|werent|dont|aint|wouldnt|didnt|doesnt) (?:that|it|this|we|you|he|she
        |they|everyone|everybody|life)
    who (?:would have|wouldve|knew|cares|knows|doesnt|isnt|wouldnt|needs)
    guess (?:what|who)
    what (?:could (?:possibly )?go|are the odds|else is new|can i say|else can|the (?:heck|hell
        |fuck)\??$)
    how hard can
    why (?:not|me|bother|even bother|oh why)
    (?:you|ya) know what
    (?:can|could|would) you (?:believe|imagine|guess)
    what gives
    am i right
    (?:does|did|do) (?:the trick|the job|it for me)
    """,
)
# A question to one reader, as helpers ask them, or a matter between two colleagues.
TO_ONE_READER = _phrases(
    r"""
    (?:have|did|had|were|are|will|would) (?:you|u)(?!\w)(?! (?:guys |able to (?:help|reset|check
        |unlock)|be able to))
    do (?:you|u) (?!(?:guys |all |people |folks |also |maybe |happen to )*(?:know|need
        |have (?!a (?:min
        |sec|moment|second)|time|the)|offer|support|provide|sell|accept|allow|do|charge|handle
        |ship|take)(?!\w))\w+
    (?:can|could|would) (?:you|u) (?:please |pls |also |maybe )*(?:send|try|look at|share|post
        |paste|restart|reboot|check (?:if|again|the)|join|come|call|ping|review|dm|confirm
        |describe|take|open|be more|elaborate|tell (?:me|us) (?:your|which|what|the)|approve
        |show me|give me the ticket)
    (?:what|which|when|why|who|where) (?:\w+ ){0,3}?(?:did|are|were|have|had|will) (?:you|u)
        (?!\w)
    (?:what|which) (?:\w+ ){1,3}?(?:do|would|can) (?:you|u) (?:see|mean|think|want|get|use|have
        |prefer|say|suggest|like|remember)(?!\w)
    (?:what|which) (?:is|are) your
    (?:when|whenever|once) you (?:have|get|are|find)(?!\w)
    (?:is|are|was) (?:your|you)(?!\w)
    (?:does|would|will|is) [\w :]{1,30} (?:for|with|to) (?:you|u|yall)(?: all| guys)? ?\?
    (?:should|could) we (?:meet|go|order|postpone|cancel|move|start|skip|reschedule|celebrate
        |grab|do|have|invite|discuss|talk|sync)
    can we (?:meet|do|postpone|cancel (?:the|our) (?:meet|call)|move|push|make it|reschedule
        |discuss|talk|sync|chat|start|skip|have a (?:call|chat|meeting))(?!\w)
    (?:are|is) (?:we|everyone|everybody) (?:still )?(?:on|ready|good|meeting|going|coming|here
        |in|ok)
    (?:did|does) (?:that|this|it) (?:help|work|make sense|answer|solve|fix)
    """,
    whole=False,
)
# Help that is offered, not asked for. Anywhere in the sentence.
OFFER = _phrases(
    r"""
    let (?:me|us) know (?:if|when|how it|whether (?:it|that|you))
    (?:if|in case) (?:any(?:one|body)|some(?:one|body)|you|u|yall)(?: \w+)? (?:needs?|wants?
        |have|has|are|is|runs?|gets?|hits?|sees?|experiences?|faces?|notices?|would like|still)
    (?:happy|glad|here|free|available) to (?:help|assist|answer|explain|show)
    feel free
    reach out to
    ping (?:me|us)
    dm me
    (?:i|we) (?:can|could|will|am able to) help
    (?:just|please) (?:ask|ping|shout|write to)
    ill help
    """,
)
# Answers and advice. At the start of a sentence.
ADVICE = _phrases(
    r"""
    (?:you|u|one|they|he|she) (?:can|cant|could|need|should|must|have|just|will|may|might|dont
        |get)
    (?:youd|youll|youre|youve|theyre|theyll|hes|shes)(?!\w)
    (?:just )?(?:try|check|make sure|restart|reboot|use|go to|click|open|see|ask|contact
        |remember|run|log (?:in|out))(?!\w)(?! (?:says|shows|fails|doesnt|isnt|is not|happened|
        (?:an? |the |this )?error|my (?:pass|acc)))
    please (?:note|remember|dont|do not|be|read|make|use|keep|leave|take|review|update|check
        |join|fill|see|find|submit|complete|save|ensure|avoid|lock|close|welcome)(?!\w)
    (?:probably|maybe|perhaps|possibly|most likely|might|could be|may be|sounds like|depends
        |not that|its (?:in|on|the|probably|because|a known|not you|always))(?!\w)
    (?:i think|i guess|i believe|i assume|i suspect|pretty sure|seems like|looks like) (?:its
        |it is|thats|that|this is|the same|he|she|they|you|we should)(?!\w)
    (?:ill|well|im on it|looking into|(?:i|we) will|im going to|let me|lets|we no longer)(?!\w)
    (?:as (?:per|discussed|mentioned|far as)|here (?:is|are)|heres|can confirm|will do
        |thanks for)(?!\w)
    """,
    whole=False,
)
# Agreement, and reports of what was or what the writer did: replies too, unless a "but" follows.
REPORT = _phrases(
    r"""
    (?:yes|yeah|yep|yup|no|nope|nah|sure|agreed|same|right|exactly|correct|true|indeed|works
        |done|on it|ok|good|great|nice|awesome|cool|perfect|sounds|makes sense|kudos|congrat\w*
        |welcome)(?!\w)(?! (?:internet|sound|signal|access|audio|connection|network|picture|wifi
        |permission|email|one|way|display|video|power|idea|clue|question))
    (?:thats|that is|that was|that worked|its (?:fixed|working|back|ok|fine)|it (?:was|works
        |worked|should|might|could|depends|used to be))(?!\w)
    (?:i|we|ive|weve|just) (?:just |already |also |have |had |now )*(?:had|fixed|rebooted
        |restarted|ordered|added|sent|merged|deployed|updated|created|checked|reported|opened a
        |escalated|forwarded|reinstalled|replaced|resolved|closed|pushed|reset
        |ran into (?:the same
        |this)|removed|moved|changed|disabled|enabled|answered|replied)(?!\w)
    """,
    whole=False,
)
# A problem that no longer is one. Anywhere in the sentence.
SOLVED = _phrases(
    r"""
    (?:is|are|been|got|was|were|its|now|issue|problem) (?:now |all |already |finally )?(?:fixed
        |resolved|solved|restored)(?!\w)
    (?:works?|working|back|fine|up|good|ok) (?:now|again)(?!\w)
    (?:fixing|rechecking|checking|investigating|looking into) (?:it|this|that|now|again)(?!\w)
    (?:rechecking|facilities knows?|(?:they|it|support|vendor) (?:knows?|is aware|are aware))
        (?!\w)
    (?:back (?:up|online|to normal)|up and running|did the trick|solved it|fixed it)(?!\w)
    (?:fixe[sd]|solve[sd]|resolve[sd]) (?:the|an?|that|this|my)(?!\w)
    """,
    whole=False,
)
STILL_OPEN = re.compile(
    r"(?<!\w)(?:but|still|again (?:down|broken|not)|however|except|thought|and (?:now|it|the)"
    r"|now (?:it|i|my|the)|since then|anymore|not working|ever since)(?!\w)"
)
# Takes back the whole message.
TAKEN_BACK = _phrases(
    r"""
    never ?mind
    nvm
    figured (?:it|that) out
    jk
    just kidding
    false alarm
    my bad
    (?<!the )wrong channel
    (?:^|(?<=, )|(?<=jk ))found it
    ^(?:(?:please|just|oops) )?ignore (?:me|that|this|my)(?: message| last)?\W{0,3}$
    """,
)
# News for everybody: what it says of outages and errors is no call for help.
ANNOUNCEMENT = _phrases(
    r"""
    (?:fyi|psa|reminder|heads[ -]up|(?:friendly|gentle|quick) (?:reminder|update)|announcement
        |release notes|tldr)(?!\w)
    (?:update|notice|attention|note|news|important|info|status|resolved|maintenance
        |standup notes|agenda|recap|summary|incident) ?[:\u2013\u2014-]
    (?:planned|scheduled|upcoming|emergency) (?:maintenance|outage|downtime|work)
    (?:were|we are|we will be|well be|weve|we have|i am|im) (?:now |currently |just )*(?:migrat
        |roll|upgrad|updat|switch|mov|releas|launch|deploy|investigat|aware|excited|pleased
        |happy|monitor|closing|replac|seen (?:a few |some |several )?reports)\w*
    (?:as of|starting|effective) (?:today|tomorrow|monday|next|now|this|tonight)
    release [\w.]+
    has (?:joined|left)
    set the channel
    archived
    ticket created
    new ticket
    (?:the|our) (?:\w+ ){1,3}(?:team|vendor|provider) is (?:investigating|working|aware|looking)
    """,
)
JOKING = re.compile(
    r":(?:joy|rofl|laughing|smirk|sweat_smile|stuck_out_tongue\w*):"
    r"|\b(?:lol|lmao|rofl|haha\w*|xd|hehe\w*)\b",
    re.IGNORECASE,
)
FIRST_PERSON = re.compile(r"(?<!\w)(?:i|im|ive|id|my|me|mine|myself|we|weve|our|us)(?!\w)")
# Helpers say "we" for themselves, so that alone does not make it the writer's problem.
WRITER = re.compile(r"(?<!\w)(?:i|im|ive|id|my|me|mine|myself)(?!\w)|^(?:we|weve|our)(?!\w)")
SAID_BY_SOFTWARE = re.compile(r"[\"\u201c][^\"\u201d]{0,200}[\"\u201d]")
CONDITION = re.compile(r"(?:if|unless|once|in case|should)(?!\w)")
SECOND_PERSON = re.compile(
    r"(?<!\w)(?:you|youre|youve|youll|your|yours|yourself|u|ur)(?!\w)"
    r"|^(?:[\w-]+ly )?(?:press|choose|select|click|install|open|call|bring|fill|sign|go|set|enter"
    r"|borrow|register|switch|unplug|try)(?!\w)"
)
SERIOUS = re.compile(r"(?<!\w)(?:i|im|my|me|we|our|us|anyone|anybody|someone|somebody)(?!\w)")

# Words of greetings, thanks and acknowledgements: a message of nothing else asks nothing.
_CHITCHAT_WORDS = """
    hi hii hey heya hello helo hiya howdy yo greetings morning afternoon evening night day gm
    good goodnight bye goodbye cya ciao later tomorrow soon monday tuesday wednesday thursday
    friday weekend everyone everybody all team folks guys there bot mate buddy friend friends
    man dude again thanks thank thankyou thx tx ty tysm thnx tnx cheers appreciate appreciated
    much very many so a lot million ton kudos please welcome np problem worries ok okay okey k
    kk alright right sure yes yeah yep yup no nope nah indeed exactly agreed true correct got
    gotcha understood noted roger copy done fine cool coool great greatt nice awesome perfect
    excellent amazing wonderful brilliant fantastic super sweet neat lovely wow oh ah aha hm hmm
    hmmm mhm ooh uh um well really seriously wait what huh eh lol lmao rofl haha hahaha hahahaha
    hehe xd yay woohoo omg wtf damn that this it its thats the is was are were am im i me my you
    your youre u we one now then and but for to of be been just too also quite in on with at
    worked works working helped helps help helpful solved solves fixed fixes did does do trick
    quick fast answer reply info clear makes sense sounds looks job work will try check ill give
    go going see know let best rock rocks star legend hero love like happy glad sorry oops bad
    nvm never nevermind mind ignore test testing ping hope have had today danke dankesch\u00f6n
    sch\u00f6n vielen dank dir euch bitte hallo moin servus guten morgen tag abend tsch\u00fcss
    klasse prima alles klar zusammen merci beaucoup bonjour salut bonsoir bonne journ\u00e9e
    gracias muchas hola buenos d\u00edas buenas tardes adi\u00f3s vale perfecto obrigado
    obrigada muito bom dia ol\u00e1 boa grazie mille buongiorno prego je wel bedankt hoi
    goedemorgen doei
"""
CHITCHAT = frozenset(_CHITCHAT_WORDS.split())
# One of these makes a message of such words more than that ("no, that is not working").
NOT_CHITCHAT = re.compile(
    r"(?<!\w)(?:how|where|why|when|who|which|not|doesnt|didnt|isnt|wont|cant|dont"
    r"|help (?:me|with|please)|help$|what (?:is|day|time)"
    r"|(?:i|we) (?:need|have) (?:a |to )?(?:help|problem|question))(?!\w)"
)
