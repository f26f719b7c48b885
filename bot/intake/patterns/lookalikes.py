"""What only looks like a question: small talk, offers, advice, reports, announcements."""

import re

from bot.intake.patterns.parts import phrases

# Small talk and plans among colleagues, wherever it stands in the sentence.
SOCIAL = phrases(
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
    """
)
# Asked for effect, or for nobody to answer. At the start of a sentence.
RHETORICAL = phrases(
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
    """
)
# A question to one reader, as helpers ask them, or a matter between two colleagues.
TO_ONE_READER = phrases(
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
    """
)
# Help that is offered, not asked for. Anywhere in the sentence.
OFFER = phrases(
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
    """
)
# Answers and advice. At the start of a sentence.
ADVICE = phrases(
    r"""
    (?:you|u|one|they|he|she) (?:can|cant|cannot|could|couldnt|need|should|shouldnt|must|mustnt
        |have|just|will|may|might|dont|get)
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
    """
)
# Agreement, and reports of what was or what the writer did: replies too, unless a "but" follows.
REPORT = phrases(
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
    """
)
# A problem that no longer is one. Anywhere in the sentence.
SOLVED = phrases(
    r"""
    (?:is|are|been|got|was|were|its|now|issue|problem) (?:now |all |already |finally )?(?:fixed
        |resolved|solved|restored)(?!\w)
    (?:works?|working|back|fine|up|good|ok) (?:now|again)(?!\w)
    (?:fixing|rechecking|checking|investigating|looking into) (?:it|this|that|now|again)(?!\w)
    (?:rechecking|facilities knows?|(?:they|it|support|vendor) (?:knows?|is aware|are aware))
        (?!\w)
    (?:back (?:up|online|to normal)|up and running|did the trick|solved it|fixed it)(?!\w)
    (?:fixe[sd]|solve[sd]|resolve[sd]) (?:the|an?|that|this|my)(?!\w)
    """
)
STILL_OPEN = phrases(
    """
    but|still|again (?:down|broken|not)|however|except|thought|and (?:now|it|the)
    now (?:it|i|my|the)|since then|anymore|not working|ever since
    """
)
# Takes back the whole message.
TAKEN_BACK = phrases(
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
    """
)
# News for everybody: what it says of outages and errors is no call for help.
ANNOUNCEMENT = phrases(
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
    """
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
