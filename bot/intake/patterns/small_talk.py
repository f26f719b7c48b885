"""What is said for company: greetings, plans among colleagues, rhetorical questions, jokes."""

import re

from bot.intake.patterns.parts import CLAUSE_OVER, phrases

_TODAY = (
    r"(?: (?:all|guys|folks|team|everyone|everybody|there|friends|today|tonight|this \w+|so far"
    r"|then|doing|feeling|keeping|holding up|getting on|going|with you|for you|these days)){0,3}"
)
_ANYONE = "(?:anyone|anybody|someone|whos|who is|who are|who)(?: else)?"
_MEAL = (
    r"(?:lunch|coffee|beers?|drinks?|breakfast|dinner|pizza|cake|ice cream|sushi|tea|snacks)"
    r"(?! (?:machine|maker|room|break|order|card|vouchers?|allowance|budget|menu)s?(?!\w))"
)
# Small talk and plans among colleagues, as whole sentences begin.
SMALL_TALK = phrases(
    rf"""
    how (?:are|r) (?:you|u|things|we|yall|everyone|everybody){_TODAY}{CLAUSE_OVER}
    how(?:s| is| was) (?:it going|everyone\w*|everybody\w*|life|things
        |(?:your|the|everyones) (?:\w+ )?(?:weekend|day|week|morning|evening|night|lunch|trip
        |holidays?|vacation|party|concert|weather|talk|demo|interview|meeting|call|conference|game
        |movie)){_TODAY}{CLAUSE_OVER}
    whats (?:up|new|cooking){_TODAY}{CLAUSE_OVER}
    what an?(?= )(?!.*\?)
    how (?:cool|nice|awesome|great|sweet|funny|cute|sad)(?: (?:is|was|are|of)[ ]
        (?:that|this|it|you|these|those|he|she|they)(?!\w)|{_TODAY}{CLAUSE_OVER})
    {_ANYONE} (?:up|keen|game|hungry|excited)(?: (?:for|about|to)(?!\w)|{_TODAY}{CLAUSE_OVER})
    {_ANYONE} (?:in|joining|coming|free|around)(?: (?:for|the call|the meeting|us|on|at|later
        |tomorrow|next)(?!\w)
        |{_TODAY}{CLAUSE_OVER})(?!.{{0,80}} (?:can|could|help|who|knows?)(?!\w))
    {_ANYONE} (?:is )?going (?:to (?:the|a)(?!\w)|{CLAUSE_OVER})
    who (?:wants|fancies)(?! (?:to know|access)(?!\w))
    fancy (?:a|some)
    how about (?:we|lunch|coffee|tonight|tomorrow|monday|friday|next|\d+\w*)
    who (?:took|stole|ate|drank|moved) (?:my|the|all the) (?:\w+ )?(?:mug|cup|cake|lunch|food|milk
        |coffee|charger|chair|pen|umbrella|yog\w*|sandwich|cookies?|chocolate|keys)
    (?:anyone|anybody) (?:wants?|fanc(?:y|ies)|watching|watched)
    (?:anyone|anybody) (?!(?:know|have|has|seen|got|using|able|else)\w*(?!\w))(?:\w+ ){{0,3}}{_MEAL}
    (?:who is|whos|lets|brb|off|out|going|we are|were|should we|can we (?:get|grab|have|do|go))
        (?!.{{0,30}}(?<!\w)(?:allowed|able|supposed)(?!\w)) (?:\w+ ){{0,3}}{_MEAL}
    (?:did|has|have|is|who) (?:(?:anyone|anybody|everyone|everybody|you|u)(?: else)? )?(?:\w+ )?
        (?:watch|watched|watching|see|saw|seen|catch|caught) (?:the|that|last) (?:\w+ ){{0,2}}
        (?:game|match|movie|show|episode|concert|final)
    (?:when|is it) (?:is )?(?:\w+ )?birthday
    is it (?:friday|monday|(?:the )?weekend)(?: (?:yet|already|again)){{0,2}}{CLAUSE_OVER}
    shall we
    do we want
    thoughts{CLAUSE_OVER}
    any (?:other )?(?:questions|objections|volunteers|takers)(?: (?:so far|for me|for us|on this
        |about this)|{CLAUSE_OVER})
    """
)
# The same, anywhere in the sentence.
SOCIAL = phrases(
    rf"""
    what do (?:you|we|u|yall) (?:guys |all )?think(?: (?:of|about) (?:it|this|that))?{CLAUSE_OVER}
    (?:see|talk to|catch) (?:you|ya|u)(?: (?:all|guys|later|soon|there|tomorrow|again|around|then
        |tonight|next|on|in the|at)(?!\w)|{CLAUSE_OVER})
    have a (?:good|great|nice|lovely) (?:\w+ )?(?:day|weekend|one|evening|night|week|time|trip
        |holiday|vacation|lunch|break|rest|start|flight)
    nice weekend
    cover (?:my (?:\w+ )?(?:shift|slot|meetings?|standup|duty|on-?call|calls?)|for me)
    always monday
    """
)
# What people tell of themselves. In a question it may well be what the question is about.
PRIVATE = phrases(
    rf"""
    (?:we|off|out) (?:\w+ ){{0,3}}{_MEAL}
    my (?:train|flight|bus|kids?|dog|cat|son|daughter|wife|husband|voice|lunch|bike|dentist
        |doctor|plane|mother|father|parents)
    (?:running|minutes?|mins?|bit|hours?) late
    (?:the|that) (?:game|match|movie|show|episode|concert)
    (?:cant|cannot|can not) (?:wait|believe)
    (?:stuck )?in traffic
    birthday
    excited
    table tennis
    foosball
    ping ?pong
    happy hour
    """
)
# Asked for effect, or for nobody to answer. At the start of a sentence.
RHETORICAL = phrases(
    rf"""
    (?:isnt|wasnt) that (?!(?:included|supported|possible|allowed|required|covered|available|blocked
        |permitted|free|needed)(?!\w))\w+
    (?:isnt|arent|wasnt|werent|aint) (?:that|it|this|we|you|he|she|they|life|everyone)
        (?: (?!(?:included|supported|possible|allowed|required|covered|available|working|down
        |blocked
        |permitted|free|optional|mandatory|needed|supposed)(?!\w))[\w-]+){{0,3}}{CLAUSE_OVER}
    (?:dont|didnt|wouldnt|doesnt) (?:that|it|this|we|you|he|she|they|everyone|everybody|life)
        (?: (?:all|just|really)){{0,2}}(?: (?:love|hate|know|wish|feel|like)(?!\w)|{CLAUSE_OVER})
    who (?:would have|wouldve|cares|knew)
    who (?:knows|doesnt|isnt|wouldnt|needs (?:\w+ ){{0,2}}(?:coffee|sleep|holidays?|vacation
        |enemies)
        |needs (?:it|that|this))(?: (?:anyway|really|right|then))?{CLAUSE_OVER}
    guess (?:what|who)
    what could (?:possibly )?go wrong{CLAUSE_OVER}
    what (?:are the odds|else is new|can i say|the (?:heck|hell|fuck)){CLAUSE_OVER}
    how hard can (?:it|that|this) be
    why (?:not|me|oh why)(?: (?:both|just|though|indeed))?{CLAUSE_OVER}
    why (?:even )?bother(?: (?:with|at all))?{CLAUSE_OVER}
    (?:you|ya) know what{CLAUSE_OVER}
    (?:can|could|would) you (?:believe|imagine|guess)
    what gives{CLAUSE_OVER}
    am i right{CLAUSE_OVER}
    (?:does|did|do) (?:the trick|the job|it for me)
    """
)
JOKING = re.compile(
    r":(?:joy|rofl|laughing|smirk|sweat_smile|stuck_out_tongue\w*):"
    r"|\b(?:lol|lmao|rofl|haha\w*|hehe\w*)\b"
    r"|(?<!adobe )\bxd\b(?=[\s.!:)]*$)",
    re.IGNORECASE,
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
