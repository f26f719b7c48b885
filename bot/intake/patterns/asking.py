"""Forms of a question and of a request for help."""

from bot.intake.patterns.parts import phrases

_SOMEBODY = r"(?:any|some)(?:one|body| one| body)"
_SUBJECT = (
    rf"(?:{_SOMEBODY}|i|we|u|it|there|this|that|these|those|the|a|an|any|some|my|our|your|their|they"
    r"|he|she|people|users|all|every\w*|one|new|other|external\w*|guests?|contractors?|interns?"
    r"|visitors?|non)"
)
ENGLISH_QUESTION = phrases(
    rf"""
    how (?:do|does|did|can|could|to|long|much|many|often|come|would|should|is|are|am|was|were|will
        |(?:i
        |we) (?:can|could|should|do)|big|fast|far|soon|late|early|old|large|small|high|deep
        |secure|safe|quickly|exactly|else|\w+ (?:is|are|does|do|did|can|will|would|should|was|were))
    wh(?:at|ats|ere|eres|y|ys|o|os) (?:is|are|was|do|does|did|can|could|should|would|will|has
        |have|am|the|my|our|a|an|to|cant|wont|isnt|arent|doesnt|dont|didnt|if|kind|sort|type
        |time|version|happens|happened|causes|else|exactly|i (?:can|could|should)|find|must|may
        |owns|handles|manages|approves|maintains|looks|knows|runs|s|about)(?!\w)
    (?:what|which) (?:\w+ ){{1,4}}?(?:is|are|do|does|did|can|should|would|will|must|has|have|am)
    (?:how|where|what|when) (?:\w+ ){{1,4}}?(?:can|could|should|do|must|may) (?:i|we)
    why (?:wasnt|werent|hasnt|havent|were|might|must|am)
    what (?:\w+ ){{1,3}}?(?:need|needs|to|work|works|apply|applies|count|counts)
    (?:any|one|some) of (?:you|u) (?:\w+ )?(?:know|have|has|seen|able|tried|using|got|managed)
    who (?!(?:knows|cares|needs|does|is|was|has|says)(?!\w))\w+s \w+
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
    (?:can|will|could|should) (?:(?:\w+ ){{1,4}}?be \w+|(?!(?:press|access|discuss|pass|process
        |address)(?!\w))\w{{3,}}s \w+)
    (?:can|could|would|will) (?:you|u) (?!(?:not|be|have|get|need)(?!\w))\w+
    what (?:\w+ )?(?:goes|makes|happens|causes|triggers|determines|decides|counts|applies|costs
        |requires)
    who (?:\w+ed|made|wrote|set up|built|runs|owns) \w+
    does it (?:take|cost|work|matter|make|have|need|require|support|mean|include|cover|help|come|run
        |count|apply|expire)
    have (?:you|u) (?:guys )?got (?:an?|any|some)
    (?:is|are) an? (?:\w+ ){{1,4}}?(?:possible|required|needed|necessary|mandatory|allowed|available
        |included|enough|supported|a prerequisite|free|extra)
    (?:has|have) (?:{_SOMEBODY}|i|we|it|there|this|that|these|those|the|my|our|they|any)
    (?:have|has|did|can|could|would) {_SOMEBODY}
    (?:any|some)(?:one|body|1| one| body) (?:here |else |in here |from \w+ )?(?:know|knows|have
        |has|having|got|able|seen|see|sees|seeing|familiar|using|used|tried|experienc\w+|help|
        (?:can|could) (?:help|tell|explain|check|look|give|share|assist|point)|aware|managed
        |else|who|willing|please|pls|got|remember)
    any (?:idea|ideas|chance|way|news|updates?|workaround|docs|documentation|pointers|hints?
        |suggestions?|advice|tips?|recommendations?|clue|help|reason|possibility|eta)
    """
)
# The same, where it is unmistakable even in the middle of a sentence.
INNER_QUESTION = phrases(
    rf"""
    (?:how|where|what|when|which \w+) (?:do|can|could|should|would|am|must) (?:i|we)
    (?:does|do|can|could|would|has|have|is|if) {_SOMEBODY} (?:\w+ )?(?:know|knows|have|has|help
        |tell|explain|point|else|seen|able|check|look|push|reset|unlock|give|add|fix|confirm|share)
    (?:is|are) there (?:a|an|any|some)
    is it possible to
    let (?:me|us) know (?:(?:how|where|what|which|who|when) (?:i|we|to|do|does)
        |(?:if|whether) (?:i|we|it is|its) (?:can|could|may|should|possible|allowed|ok|okay))
    (?:do|does|can|could|should|may) (?:i|we) (?:\w+ )?(?:need|have|get|use|ask|request|do)
    (?:wondering|(?:i|we) wonder|curious|not sure|unsure|(?:dont|didnt) (?:know|understand)
        |no (?:idea
        |clue)|cant (?:see|figure out|tell|remember|find out)|unclear|confused|like to know
        |want to know|need to know|(?:tell|show|explain to) (?:me|us)|to find out|advise
        |confirm) (?:about |on |as to )?(?:if|how|where|what|when|why|which|whether|who to)
    who (?:do|can|should|could) i (?:talk|ask|contact|speak|write|call|go)
    what permission
    (?:what|which) \w+ (?:do|does|should|can|would) (?:you|i|we|one|people)(?! (?:see|mean|think
        |use|have)(?!\w))
    """
)
# What asks about the sentences before it, and is too short to stand by itself.
OF_WHAT_WAS_SAID = phrases(
    r"""
    ^(?:(?:but|and|so) )?(?:why(?: not| so| is that| is this)?|how(?: come| so)?|what (?:now|then
        |next|else)
        |what (?:do|can|should) (?:i|we) do(?: \w+)?|is (?:this|that|it) (?:ok|okay|fine|possible
        |normal
        |right|correct|allowed|true|safe|a problem|expected|a bug)|any (?:ideas?|clues?)|help)
        (?=\W*\?\W*$)
    """
)
# What a question may start with, but after a comma more often continues a statement.
RELATIVE = phrases(
    "(?:which|whose|what|who|is|are|was|were|will|would|should|could|has|have|did|does)"
)
FOREIGN_QUESTION = phrases(
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
    """
)

# --- Forms of a request ------------------------------------------------------------------------

_SERVICE_VERB = (
    r"(?:reset|unlock|add|give|grant|enable|install|remove|create|extend|check why|fix|provide"
    r"|advise|assist|help|activate|reactivate|set ?up|restore|recover|reopen|renew|order|send me"
    r"|unblock|cancel|terminate|close|refund|block|freeze|verify|whitelist|invite|assign|change"
    r"|update|delete|restart|increase|raise|replace|get|let me know|explain|tell|show|look into"
    r"|re-?enable|transfer|move|approve|deactivate|disable)"
)
REQUEST = phrases(
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
    (?:i |we )?(?:want|would like) (?:a|an|the|my|some|one|another|to (?!(?:thank|say|share|remind
        |let|welcome|introduce|point|invite|congrat|go home|join you)(?!\w))\w+)
    (?:id|wed) (?:like|love|appreciate|need) (?!(?:to (?:thank|say|share|remind|welcome|introduce
        |point|invite|congrat\w*))(?!\w))\w+
    (?:im |were |i am |we are |currently )*(?:looking|searching|hunting) (?:for|to) \w+
    (?:im |were |i am |we are )*(?:requesting|struggling|in need of)
    (?:he|she|they) (?:also |still |urgently )?needs? (?:a|an|access|permissions?|help|new|another)
    (?:please|pls|plz|kindly) (?:can|could)
    (?:can|could|would) (?:you|u) (?:guys |all |please |pls |kindly )*{_SERVICE_VERB}
    {_SERVICE_VERB} (?:\w+ ){{0,3}}(?:my|our|me|us)
    help(?: (?:me|us|please|pls|needed|wanted|with)|!|$)
    i (?:have|got) (?:a|another) (?:\w+ )?(?:question|problem|issue)
    """
)
INNER_REQUEST = phrases(
    rf"""
    (?:please|pls|plz|kindly) (?:\w+ly )?{_SERVICE_VERB}
    (?:please|pls|plz|kindly) (?!(?:let|remember|note|dont|be|read|make|use|keep|leave|take|review
        |join|see|refer|visit|follow|consult|submit|fill|complete|welcome|contact|ping|dm|ask
        |ignore|thank)(?!\w))\w+ (?:\w+ ){{0,3}}(?:my|me|our|us)(?!\w)(?!.{{0,80}}\byour\b)
    {_SERVICE_VERB} [^?]{{1,60}} (?:please|pls|plz)$
    (?:need|needed|(?:she|he|they|who|one) needs?) (?:some |your |urgent )?(?:help|assistance
        |support|access|permissions?)
    (?:starter|joiner|colleague|team|user|intern|contractor|client|customer|manager)s?
        (?: still)?(?: needs?)
    (?:help|assist|support) (?:me|us)(?= (?!out yesterday(?!\w)))
    (?:have|had|having|facing|experiencing|seeing|getting|got|run into) (?:\w+ )?(?:trouble
        |issues?|problems?|difficult\w+)
    (?:^|a|an|one|another|my|quick|got|have|few|some) ?questions? (?:about|on|regarding|re
        |concerning)
    (?:looking|searching) for (?:a|an|the|some\w*|my|our|help)
    (?:i|we) (?:am|are|was|were|have been|ve been) (?:told|asked) to ask
    (?:i|im|am|we|been|^) ?(?:still )?waiting (?:for|on) (?:my|the|a|an|our|access|approval
        |weeks|days)
    would appreciate (?:any|some|help)
    """
)
