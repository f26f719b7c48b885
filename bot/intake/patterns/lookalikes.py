"""What only looks like a question: matters of one reader, offers, advice, reports, news."""

import re

from bot.intake.patterns.parts import CLAUSE_OVER, NO_NAME, phrases

_THING_TO_SEND = (
    r"(?:me |us |over |it )*(?:a |an |the |your |some |that |those |these )?(?:[\w-]+ ){0,2}"
    r"(?:screen ?shots?|pictures?|photos?|logs?|errors?|output|tickets?|details|invite|number"
    r"|messages?|mails?|files?|slides|deck|notes|recap|agenda|draft|report|it|that|this|version)"
)
_MEETING = (
    r"(?:meetings?|calls?|retro|stand-?up|sync|one on one|party|event|offsite|demo|session"
    r"|interview|workshop|lunch|dinner|pizza|drinks|cake)"
)
_MEET = (
    r"(?:(?:meet|postpone|reschedule|celebrate|grab|discuss|talk|sync|chat)(?!\w)"
    rf"|(?:do|have|move|start|skip|push|cancel|order|go|invite) (?:\w+ ){{0,3}}{_MEETING}"
    r"|(?:do|make it|go with|start|push) (?:it |that |this )?(?:\d+\w*|at|on|to|later|tomorrow|next"
    r"|monday|tuesday|wednesday|thursday|friday|instead)(?!\w)|(?:go|start|skip it|move on)"
    + CLAUSE_OVER
    + ")"
)
# What somebody is asked about who reports a problem: the machine before them.
_YOURS = (
    r"(?:version|os|user ?name|name|user|id|email|e-mail|ip|address|location|browser|laptop|machine"
    r"|computer|pc|phone|device|printer|vpn|wifi|network|connection|caps|battery|mouse|keyboard"
    r"|monitor|screen|team|manager|boss|ticket|error|plan|role|account|department|question|issue"
    r"|problem|take|opinion|view|eta|status|goal|favou?rite|idea|thoughts?|guess|preference"
    r"|availability|talk|pr|branch|birthday)"
)
# A question to one reader, as helpers ask them, or a matter between two colleagues. What a team
# does, has or offers is asked of the room: "do you have ...", "will you support ...".
TO_ONE_READER = phrases(
    rf"""
    (?:have|did|had|were) (?:you|u)(?!\w)(?! (?:guys|got an?|got any|got some)(?!\w))
    are (?:you|u)(?!\w)(?! (?:guys |all |also |still )*(?:able to (?!(?:join|make|come|attend|try
        |see
        |log|sign|connect|access|open|reach|ping|call|talk|meet|send|share|restart|reproduce)(?!\w))\w+
        |planning|going to (?:support|add|offer|fix|replace|release|switch|upgrade)|supporting
        |offering|accepting|open|closed|hiring|certified|compliant|insured|patched|affiliated)(?!\w))
    will (?:you|u) (?:all |also |guys )*(?:be (?!(?:able to (?!(?:join|come|make|attend)(?!\w))\w+
        |adding|offering|supporting|releasing|providing|accepting)(?!\w))\w+|join|come|attend
        |make it|go|have|do|call|ping|take|present|bring|meet|review|merge|get|try|look
        |let|marry|tell)
    would (?:you|u) (?:guys |all |also )*(?:like|prefer|rather|want|care|join|come|attend
        |be(?! able(?!\w))
        |go|have|love|marry)
    (?:can|could) (?:you|u) (?:now |still |already |please )*(?:see|access|open|log ?in|reach
        |connect
        |reproduce|hear|ping)(?: (?:to )?(?:it|this|that|me|us|my \w+|the \w+))?
        (?: (?:now|again|yet|still|from there|at all)){{0,2}}{CLAUSE_OVER}
    do (?:you|u) (?:guys |all |still |also |even |really |ever |maybe |actually )*(?:see|mean|think
        |want|remember|get|like|love|prefer|feel|agree|mind|believe|wanna|plan|fancy|hear|notice
        |reckon|care|miss|drink|eat|join|come|live|run (?:windows|linux|mac\w*)|work (?:today
        |tomorrow|on (?:mon|tues|wednes|thurs|fri)day|from)
        |use (?:windows|linux|mac\w*|chrome|firefox|edge|safari|the (?:web|desktop|mobile|app))
        |have (?:(?:a|an|any|the) )?(?:min|minute|sec|second|moment|time|screen ?shot|logs?|error
        |ticket|serial|order number|spare (?:minute|moment)|capacity|plans|lunch|your)
        |know (?:if|whether|when|what) you)
    (?:can|could|would|will) (?:you|u) (?:please |pls |kindly |also |maybe |just )*(?:try|restart
        |reboot|join|come|call|ping|review|dm|describe|be more|elaborate|approve|take a[ ]
        (?:screen ?shot|photo|picture)|open (?:the|it|your|a ticket)|give me the ticket
        |(?:check|see|confirm|verify|look) (?:again|(?:if|that|whether|at|the|your)(?!\w)
        (?!.{{0,80}}(?<!\w)(?:i|my|our|we)(?!\w)(?! (?:pr|code|draft|slides|doc|branch)(?!\w))))
        |(?:send|share|post|paste|show) {_THING_TO_SEND}
        |tell (?:me|us) (?:your|(?:which|what) (?:\w+ ){{0,3}}you(?:re| are| use| have| see| saw
        | get
        | got| did| were| tried| mean| want| need| clicked)|what (?:it says|happen\w*|exactly|the[ ]
        (?:error|message|screen))|the (?:exact |full )?(?:error|ticket|version|serial|output
        |message|id|name of your))
        |confirm{CLAUSE_OVER})
    (?:what|which|when|who|where) (?:\w+ ){{0,3}}?(?:did|are|were|have|had) (?:you|u)(?!\w)
        (?! (?:guys )?(?:open|closed|going to|planning|able to|located|in(?!\w)|currently in
        |available
        |charg\w+|offering|supporting|based)(?!\w))
    why (?:did|are|were|have|had) (?:you|u)(?!\w)(?!.{{0,80}}(?<!\w)(?:i|me|my|us|our)(?!\w))
    when will (?:you|u) (?:be (?:back|there|in|here|free|done|online)|come|join|arrive|have time)
    (?:what|which) (?:\w+ ){{1,3}}?(?:do|would|can) (?:you|u) (?:see|mean|think|want|get|prefer|say
        |like|remember)
    (?:what|which) (?:browser|version|os|system|device|phone|laptop|machine|account|client|network
        |wifi|vpn|printer|browser version|os version|operating system|windows version) (?:do|are
        |did|were|have|is) (?:you|u|your)
    (?:(?:what|which|how|where) (?:is|are)|(?:what|where|how)s) your (?:(?:[\w-]+ ){{0,2}}{_YOURS}
        (?: (?:number|name|id|address|now|right now|exactly|then|called|or \w+
        |for \w+)){{0,2}}{CLAUSE_OVER}
        |favou?rite|preferred)
    (?:when|whenever|once) you (?:have|get|are|find)
    (?:is|are|was) your (?:[\w-]+ ){{0,2}}{_YOURS}(?! (?:allowed|supported|available|free|included
        |compliant|covered|permitted|required)(?!\w))
    (?:is|was) you
    (?:does|would|will) [\w :]{{1,30}} (?:work|suit|fit|be (?:ok|okay|fine|good|alright)) (?:(?:for
        |with|to) )?
        (?:you|u|yall)(?: all| guys)?{CLAUSE_OVER}
    is [\w :]{{1,30}} (?:ok|okay|fine|good|alright|possible|better) (?:for|with|by) (?:you|u|yall)
        (?: all| guys)?{CLAUSE_OVER}
    (?:can|could|should) we {_MEET}
    (?:are|is) (?:we|everyone|everybody) (?:still )?(?:on|ready|good|meeting|going|coming|here
        |in|ok)
    (?:did|does) (?:that|this|it) (?:help|work|make sense|answer|solve|fix)(?: (?:it|that|for you
        |now|your \w+|the \w+))?{CLAUSE_OVER}
    """
)
# Help that is offered, not asked for. Anywhere in the sentence.
OFFER = phrases(
    r"""
    let (?:me|us) know (?:how it|(?:if|when|whether) (?:you|u|youre|any(?:one|body|thing)
        |some(?:one|body|thing)|questions|theres any\w*|there (?:is|are) any\w*
        |(?:it|that|this) (?:works?|worked|helps?|helped|fixe[sd]|solve[sd]|fails|breaks|still
        |does|doesnt|happens|persists|is (?:fixed|better|still|gone|ok|okay|fine|enough|working))))
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
    rf"""
    (?:you|u|one|they|he|she) (?:can|cant|cannot|could|couldnt|need|should|shouldnt|must|mustnt
        |have|just|will|may|might|dont|get)
    (?:youd|youll|youre|youve|theyre|theyll|hes|shes)(?!\w)
    (?:just )?(?:try|check|make sure|restart|reboot|use|go to|click|open|see|ask|contact
        |remember|run|log (?:in|out))(?!\w){NO_NAME}(?! (?:(?:says|shows|fails|doesnt|isnt|is not
        |happened|
        (?:an? |the |this )?error|my (?:pass|acc)\w*))(?!\w))
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
    rf"""
    (?:yes|yeah|yep|yup|no|nope|nah|sure|agreed|same|right|exactly|correct|true|indeed|works
        |done|on it|ok|good|great|nice|awesome|cool|perfect|sounds|makes sense|kudos|congrat\w*
        |welcome)(?!\w){NO_NAME}(?! (?:internet|sound|signal|access|audio|connection|network
        |picture|wifi
        |permissions?|emails?|one|way|display|video|power|ideas?|clue|questions?)(?!\w))
    (?:thats|that is|that was|that worked|its (?:fixed|working|back|ok|fine)
        |it (?:was(?! never(?!\w))|works|worked|should|might|could|depends|used to be))(?!\w)
    (?:i|we|ive|weve|just) (?:just |already |also |have |had |now )*(?:had|fixed|rebooted
        |restarted|ordered|added|sent|merged|deployed|updated|created|checked|reported|opened a
        |escalated|forwarded|reinstalled|replaced|resolved|closed|pushed|reset|ran into (?:the same
        |this)|removed|moved|changed|disabled|enabled|answered|replied)(?!\w)
    """
)
_IS = r"(?:is|are|was|were|its|theyre|been|now|all|everything|everyone|systems?|went|came)"
# A problem that no longer is one. Anywhere in the sentence.
SOLVED = phrases(
    rf"""
    (?:is|are|been|got|was|were|its|now|issue|problem) (?:now |all |already |finally )?(?:fixed
        |resolved|solved|restored)(?!\w)
    (?:works?|working|back|fine|good|ok|{_IS} up) (?:now|again)(?!\w)
    (?:fixing|rechecking|checking|investigating|looking into) (?:it|this|that|now|again)(?!\w)
    (?:rechecking|facilities knows?|(?:they|it|support|vendor) (?:knows?|is aware|are aware))
        (?!\w)
    {_IS} (?:\w+ly )?(?:back (?:up|online|to normal)|up and running)
    ^(?:back online|back to normal|up and running|back up(?: and running|{CLAUSE_OVER}))
    (?:did the trick|solved it|fixed it)(?!\w)
    (?:fixe[sd]|solve[sd]|resolve[sd]) (?:the|an?|that|this|my)(?!\w)
    """
)
STILL_OPEN = phrases(
    """
    nobody|no one|(?:is|was|were) never|hasnt|(?:isnt|arent|wasnt|not) (?:working|fixed|resolved
        |solved|back|up)
    but|still|again (?:down|broken|not)|however|except|thought|and (?:now|it|the)
    now (?:it|i|my|the)|since then|anymore|not working|ever since
    """
)
# Takes back the whole message.
TAKEN_BACK = phrases(
    rf"""
    never ?mind
    (?:^|(?<=[,.\u2026-] ))nvm(?! (?:is|isnt|does|doesnt|fails|says|wont|cant|install|use|ls|list
        |run
        |version|command|on|in|with|for)(?!\w))
    (?<!not )(?<!nt )(?<!yet )(?<!to )figured (?:it|that) out
    (?:^|(?<=[,.!] ))(?:jk|just kidding)
    ^(?:[\w,]+ ){{0,3}}false alarm(?=[\s.!,]*$)
    my bad{CLAUSE_OVER}
    (?<!the )wrong channel(?=\W*$)
    (?:^|(?<=, )|(?<=jk ))found it
    ^(?:(?:please|just|oops) )?ignore (?:me|that|this|my)(?: message| last)?\W{{0,3}}$
    """
)
# News for everybody: what it says of outages and errors is no call for help.
ANNOUNCEMENT = phrases(
    rf"""
    (?:fyi|psa|reminder{NO_NAME}|heads[ -]up|(?:friendly|gentle|quick) (?:reminder|update)
        |announcement
        |release notes|tldr)(?!\w)
    (?:update|notice|attention|note|news|important|info|status|resolved|maintenance
        |standup notes|agenda|recap|summary|incident) ?[:\u2013\u2014-]
    (?:planned|scheduled|upcoming|emergency) (?:maintenance|outage|downtime|work)
    (?:were|we are|we will be|well be|weve|we have|i am|im) (?:now |currently |just )*(?:migrat
        |roll|upgrad|updat|switch|mov|releas|launch|deploy|investigat|aware|excited|pleased
        |happy|monitor|closing|replac|seen (?:a few |some |several )?reports)\w*
    (?:as of|starting|effective) (?:today|tomorrow|monday|next|now|this|tonight)
    release v?\d[\w.]*
    has (?:joined|left)
    set the channel
    archived{NO_NAME}
    ticket created
    new ticket(?! (?:form|page|button|system|portal|type)(?!\w))
    (?:the|our) (?:\w+ ){{1,3}}(?:team|vendor|provider) is (?:investigating|working|aware|looking)
    """
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
