"""Ways of saying that something does not work."""

import re

from bot.intake.patterns.parts import phrases

PROBLEM = phrases(
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
        |remember|open|load|start|save|sync|print|connect)\w*
    (?<!you )(?:wasnt|werent|hasnt|havent|was not|were not|has not|have not) (?:\w+ly )?(?!(?:in
        |at|on|sure|aware|that|it|a|the|there|me|you|had|seen you|decided|been to)(?!\w))\w+
    (?<!you )didnt (?!(?:know|mean|realis|realiz|say|think|want|like|notice|see that
        |expect that)\w*)\w+
    (?:im|am) not (?!(?:sure|going|coming|saying|doing|a|the|kidding|joking|in|at|on)(?!\w))\w+
    (?:is|are|was|were|shows?|an?|the) (?:wrong|incorrect|pending|unexpected|suspicious
        |duplicate\w*)
    (?:did not|didnt|doesnt|wont) go through
    never (?:arrived|came|worked|received|shows? up|showed up|got (?:sent|delivered|fixed)|fixed)
    (?:are|is|was|were) (?:not|never) (?:\w+ly )?(?:sent|shown|listed|fixed|answered
        |processed|saved)
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
    (?:when|whenever|while|as soon as|every time|each time|everytime|after) (?:i|we) (?!(?:get|have
        |am|was|had|talked|met|come|arrive|return|finish)(?!\w))\w+
    since (?:yesterday|today|this|last|the|noon|lunch|monday|tuesday|wednesday|thursday|friday
        |saturday|sunday|about|around|an hour|\d\w*)
    (?:shows?|gets?|got|has|have|returns?|returned|receives?|received|gives?|finds?|prints?
        |sees?|opens?|displays?|loads?) (?:me |us )?(?:only )?(?:no|nothing|blank|empty|an empty
        |a blank|a black|a white|garbage|gibberish|half)(?! (?:idea|doubt|questions?|worries
        |plans?|time)(?!\w))
    (?:went|goes|stays?|turns?|turned|remains?|came up|comes up|is|are|all|completely) (?:black
        |blank|white|red|grey|gr[ae]yed out|silent|dark|unreadable|blurry|pink|upside down
        |unusable)
    (?:blank|empty|black|white|blue|frozen) (?:pages?|screens?|windows?|inbox|mails?|results?)
    (?:choppy|robotic|distorted|garbled|scratchy|unstable|intermittent\w*|patchy|out of sync|cut
        (?:s|ting) (?:out|off)|drops? (?:out|off)|hours? off|minutes? off|wrong (?!one(?!\w))\w+$
        |out of order|of nowhere|randomly|all of a sudden|suddenly|constantly)
    (?:page|inbox|list|calendar|folder|window|screen|drive|mailbox|report|file) (?:is|are
        |looks) empty
    ^no (?:more )?(?!(?:errors?|problems?|issues?|worries|news|need|idea|reason|rush|hurry
        |meetings?|one
        |changes?|updates?|objections?)(?!\w))\w+ (?:\w+ )?(?:in|for|on|when|left|at|from|after) \w+
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
    (?:weird|strange|odd|funny|loud|burning|grinding) (?:noises?|sounds?|smells?|characters?
        |behaviou?r|messages?)
    wants? (?:me to|a|an|my) (?:\w+ )?(?:password|key|code|login|pin|certificate|update
        |admin\w*)
    (?:logs?|logging|kicks?|kicking|signs?|throws?|threw) (?:me|us|everyone|everybody|users
        |people) (?:out|off|in as)
    i (?:no longer|dont) (?:own|have)
    ^(?:my|our) (?!(?:bad|pleasure|team|manager|boss|colleague|guess|fault|thoughts?|opinion|point
        |take|favou?rite|plan|idea|suggestion|question was|pr|hope|goal|mistake|apolog\w*
        |understanding|view)(?!\w))(?:\w+ ){1,4}?(?:is|are|has|does|do|was|were|only|keeps?|still
        |just|left|got|needs?|says|wont|cant|doesnt|isnt|shows?|stops?|stopped|starts?|started
        |\w+s) \w+
    (?:beep|blink|buzz|rattl|reboot|restart|shut|turn|switch|log|sign|kick)(?:s|es
        |ing) (?:\w+ )?
        (?:me|off|down|out|red|again|every|on its|itself|\w+ly)
    (?:asks|asking|prompts?|prompting|prompted|asked) (?:me )?(?:for|to) (?:a|an|my|the|allow
        |confirm|enter|install|restart|update|sign in|log in)
    (?:too (?:small|short|slow|loud|quiet|dark|old|long|big) (?:for|to)|almost full|is full
        |out of(?: (?:space|memory|toner|paper|disk|ink))|takes? (?:forever|ages|hours|very long
        |so long))
    (?:is|are|so|very|super|really|extremely|too|painfully|running|seems|getting|terribly|gets
        |incredibly|insanely) slow(?:er|ly)?
    (?:access|permission|request|login|sign-?in) (?:was |is |has been )?(?:denied|refused
        |rejected)
    (?:page|file|host|server|device|user|command|site) not found
    (?:getting|get|gets|got|see|seeing|shows?|showing|throws?|throwing|receive|receiving|hit
        |hitting|returns?|displays?) (?:\w+ ){0,3}(?:errors?|exceptions?|warnings?|popups?
        |pop-ups?)
    (?:with|an|this|the same|weird|strange|following|says) (?:\w+ )?(?:error|exception(?! of(?!\w)))
        (?!\w)
    (?:getting|get|gets|got|see|seeing|sees|shows?) ["\u201c]\w*
    error (?:code )?(?:0x\w+|\d+\w*)
    (?:says|saying|tells me|claims|complains|asks|asking|wants) (?:that |for |me |my |a |it )*
        (?:["\u201c]\w*|not|no|invalid|wrong|unknown|incorrect|admin\w*|password|code|key|recovery
        |account|permission|update|license|period|i (?:am|have|need|dont)|the (?:password
        |account))
    (?:i|ive|we|weve|my \w+) (?:just |also |have |accidentally |think i )*(?:forgot|forgotten
        |lost|locked|deleted|misplaced|broke|dropped|spilled|clicked|damaged|overwrote)(?= (?!(?:to
        |about|that|track|count)(?!\w)))
    (?:locked|kicked|logged|signed) (?:myself |me |us )?out
    (?:(?:have|has|got|with|there is|theres|getting) |^|(?<=, ))no (?:internet|sound|signal
        |access|audio|connection|network|picture|wifi|permission|email|e-mail|display|video
        |power|service|data)
    nothing (?:happens|comes|shows|works|helps|prints|appears|arrived|arrives|happened)
    (?:this|it|error|message|window|popup) (?:pops up|comes up|keeps|appears (?:every|when))
    no longer (?:works?|opens?|loads?|connects?|starts?|see|able|possible|shows?|prints?|syncs?)
    (?:having|have|got|facing|there is|theres|seeing|run into) (?:an? |some |the same )?
        (?:\w+ )?(?:issues?|problems?|troubles?)
    (?:used to work|worked (?:fine )?(?:yesterday|before|until)|tried (?:everything|twice
        |restarting|rebooting))
    """
)
FOREIGN_PROBLEM = phrases(
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
    """
)
# Software runs words together ("TypeError"), so these may stand within one.
PASTED_ERROR = re.compile(
    r"(?:error|exception|traceback|fatal|denied|failed|refused|timed? ?out|not found|warning|panic"
    r"|invalid|expired|cannot|can't|unable|not allowed)\w*",
    re.IGNORECASE,
)
