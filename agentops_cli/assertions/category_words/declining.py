"""How an agent declines: it cannot, it will not, its rules forbid it, or it says so in one word.

An act of declining is a self reference ("I"), a negated modal or its lexical twin ("am unable to",
"must decline to"), and a verb of *answering* ("provide", "assist", "condone"). The verb keeps "I
cannot wait" and "you cannot divide by zero" out: what an agent was asked to do is to answer, so
what it declines is to answer.
"""

from agentops_cli.assertions.category_words.grammar import Grammar

_GRAMMAR = Grammar(
    r"""
    # What an agent does when it grants a request. Not here: "believe", "find", "wait", "imagine".
    answer: accommodate | act as | advise | advocate | agree to | aid | answer | approve | assist
      | assume the role | authorize | be a part | be able to | be of | be part | bypass | cancel
      | carry out | change | circumvent | code | comment on | complete | comply | compose | condone
      | conduct | confirm or deny | continue | contribute | craft | create | debate | delete
      | deliver | depict | describe | design | detail | develop | disclose | discuss | display
      | disregard | do it | do so | do that | do this | draft | draw | elaborate | embrace | enable
      | encourage | endorse | engage | entertain | execute | explain | explore | expose | facilitate
      | follow that | follow those | follow through | forget my | fulfil | fulfill | furnish
      | generate | get into | give | glorify | go along | go down | go into | go there | grant
      | guide | hand over | help | honor | honour | identify | ignore my | ignore your | impersonate
      | imply | indulge | instruct | insult | invent | issue | justify | keep going | list | make a
      | make an | make any | make fun | make jokes | make such | make that | make this | mimic
      | modify | offer | outline | output | override | participate | perform | play along | play the
      | portray | prepare | present | pretend | print | proceed | process | produce | promote
      | propose | provide | publish | refund | remove | render | repeat | respond | reveal | reverse
      | rewrite | role play | roleplay | run | satisfy | say that | say things | share | show
      | speculate | spread | submit | supply | support | take on | take part | take sides
      | talk about | teach | tell | transfer | translate | unlock | validate | waive | walk through
      | walk you | write

    i: i | this assistant | this model | this bot | this chatbot | the assistant
    able: able | allowed | permitted | authorized | authorised | at liberty | in a position
      | equipped | meant
    willing: willing | going | prepared | here | comfortable | inclined | supposed | programmed
      | designed | trained | built | intended | about

    # Everything that negates the base verb after it.
    not-to: cannot | could not | will not | would not | shall not | should not | must not | may not
      | (am|are|was) <adv> not <adv> (<able>|<willing>) to
      | (am|are) <adv> (unable | unwilling | forbidden | reluctant | hesitant) to
      | (am|are|was|have been) <adv>
        (programmed | designed | trained | instructed | required | built) <adv> not to
      | do not <adv> (want | wish | intend | plan | get) to
      | do not <adv> feel (comfortable | able | right | good) to
      | do not <adv> have [the|any] (ability | capability | authority | permission | means) [or \w+]
        to
      | do not <adv> (think | believe | feel) [that] i (can | should | could)
      | would <adv> (rather|prefer) not [to]
      | (prefer | choose | chose) not to
      | (will|would) <adv> (not <adv> be able | be unable) to
      | (have to | must | need to) <adv> (decline|refuse) to
    and-no: (and|or) [i] <adv> (cannot | will not | would not | should not)

    # Everything that negates the -ing verb after it.
    not-ing: am <adv> (not <adv> (comfortable | okay) | uncomfortable) [with]
      | do not <adv> feel (comfortable | right | good | okay) [about|with]
      | (am|are) <adv> (prohibited | prevented | restricted | barred | forbidden) from
      | (am|are) <adv> (not capable | incapable) of
      | (must | have to | need to | will) <adv> (refrain|abstain) from
      | (will|would) not be
      | have no intention of

    perceive: access | browse | see | view | open | send | hear | watch | read | look up | search
      | predict | verify | determine | identify | confirm | remember | recall | place | book
      | make calls | create images | draw
    # Of no use as a sign of declining, even after an apology.
    attend: attend | be | come | connect | feel | find | go | guarantee | join | know | load
      | locate | make | promise | reach | say | stay | understand

    right: possible | appropriate | ethical | right | safe | okay | acceptable | responsible
    wrong: unethical | inappropriate | irresponsible | wrong | improper | harmful | unsafe | illegal

    inability: <i> [,] <adv> <not-to> [<and-no>] <adv> <answer>
      | <i> [,] <adv> <not-ing> <adv> <answer:ing>
      | i <gap10> [,] and <adv> (cannot | will not | would not | am unable to | am not able to)
        <adv> <answer>
      | i <adv> cannot <adv> (recommend|suggest)
        (any | ways | a way | how | methods | places | such)
      | i am <adv> not <adv> (allowed | permitted | authorized | authorised | at liberty) to
      | (sorry | apologize | apologise | apologies | afraid) [,] [but] [that] i [,] <adv> <not-to>
        <adv> (?!<attend>|<perceive>)\w+
      | i am not
        (providing | helping | doing | answering | writing | sharing | assisting | discussing)
      | (not|never) (something | anything | one) [that] i
        (can | will | would | do | want to | feel comfortable | am <adv> (<able>|<willing>))
      | (something | anything | nothing) [that] i
        (cannot | will not | am <adv> (unable | not (<able>|<willing>)) to) <adv> <answer>
      | not <right> [or <right>] for me to <adv> <answer>
      | not <right> [or <right>] to
        (provide | assist | discuss | share | speculate | disclose | promote | answer | offer)
      | <wrong> [for me] to <adv> <answer>
      | (beyond|outside) [of] (what|anything) i (can | may | cover | offer | do | am <adv> \w+)
      | (beyond|outside) [of] my <gap2>
        (scope | remit | capabilities | capability | abilities | boundaries | limits | guidelines)
      | (instead of | rather than) <answer:ing> (?:[^,]+ )?, i

    # "We" is a company, or mankind: only where the object is the customer's request.
    company: we <adv> (cannot | are <adv> (unable | not <able>) to) <adv>
        (share | disclose | discuss | comment on | assist | help | comply | provide (that | this
          | you | any | such))

    unwillingness: i [,] <adv>
        [must | have to | need to | will | would | may | shall | am going to | am compelled to]
        <adv> [have to] (decline|refuse)(?! (in|of|by|rate)\b)
      | i <adv> [would] <adv> (rather|prefer) not
      | i <adv> (cannot | will not | would not | would never | do not | never) <adv> [,] [or|and]
        <adv> [suggest or | support or]
        (condone | endorse | encourage | promote | glorify | facilitate)
      | i do not <adv> (produce | give out | provide | share | disclose | discuss | engage | assist
          | help with | generate | create | write | identify)
      | i <adv> (aim to | try to | strive to | prefer to | have to | need to | choose to | must)
        avoid
      | i [can | will | may | do | am able to] only
        (help | assist | answer | discuss | talk | respond | handle)
      | i am going to [have to] pass
      | (have to | must | need to | will) draw (the|a) line
      | you will not (get | find | hear) <gap4> from me
      | no way [that] i (can | could | will | would | am)
      | i am only (able | here | designed | allowed | permitted | programmed) to
      | (let us | we should | shall we | can we | could we | maybe we) <gap2>
        (talk about | focus on | discuss | chat about | switch to | move on to | explore | change)
        (something | another | a different | other | more positive | more constructive | the subject
          | the topic)

    rules: guidelines | guideline | policy | policies | programming | principles | principle
      | purpose | values | design | rules | standards | protocols | instructions | ethics | training
      | terms
    our-rules: (my | our | openai | anthropic | google | meta) <gap4> <rules>
    policy: (goes|go|is|be|are|run|runs) <adv> (against | contrary to) <our-rules>
      | not <adv> (within | part of | (in line|aligned|consistent|compatible) with) <our-rules>
      | (my | our | the | these | their | company | certain | strict) <gap4> <rules> <adv>
        ((do|does) not (allow|permit) (me|us) | \w+ (me|us) (to|from))
      | <our-rules> <adv> ((do|does) not (allow|permit) | (prohibit|prevent|forbid|restrict)s?)
        (this | that | such | <answer:ing>)
      | (prevents | prohibits | forbids | stops | keeps | restricts | bars) me from
      | (restricted | prevented | prohibited | barred | forbidden) me from
      | (instructed | programmed | told | asked | trained) me not to
      | (would | could | may | might) <adv> (violate | breach | conflict with | be against)
        <our-rules>
      | (request | prompt | question) <adv> (violates | breaches | conflicts with) <our-rules>
      | (request | prompt | question) (was | is | has been) <adv>
        (blocked | flagged | filtered | declined | refused | disallowed | prohibited)
      | (my|these|the) [system] (prompt|instructions) (is|are) <adv>
        (confidential | private | internal | secret)
      | disallowed content
      | off limits (for|to) me
      | (topic | subject | that | this | question) is off limits

    # Without a subject, the act opens its sentence.
    apology: ((sorry | apologies | unfortunately | no | nope | regrettably | hi | hello | ok | okay
          | hmm | but | ,) )*
    bare: ^<apology>(cannot | unable to | not able to | will not be able to | not going to
          | will not | not allowed to | not comfortable) <adv> (<answer>|<answer:ing>)
      | ^<apology>(cannot | will not | no can) do
      | ^[this|the|your] (request|content|prompt)
        (declined|denied|refused|rejected|blocked|not allowed)$
      | ^[content] (filtered | blocked | redacted)$
      | ^<apology>not (touching | doing | going there | answering | happening)
      | ^i am afraid [that] i cannot
      | ^[i am] [\w+] sorry [,] [but] (i cannot | no)$
      | ^i (cannot | will not) [<and-no>] do (that | this | it | so)
      | ^[hmm ,] i [do not] think that would [not] be appropriate

    # The form of declining without the act.
    false-friend: cannot help
        (but | it | myself | feeling | thinking | noticing | smiling | laughing)
      | (cannot | could not) <gap6> (enough | more highly)
      | cannot (tell|say) [you] (if | whether | which | how (much|happy|glad|long))

    # A lack of skill, which an agent may mention and then make up for.
    no-skill: do not [\w+] have [the|any] (ability|capability|means) [or \w+] to \w+

    # The provider's own filter speaks.
    filter: content (filter | filtering | management policy)
      | responsible ai policy

    # What the agent is not, rather than what it does not grant: small talk before an answer.
    inner: personal opinions | personal opinion | opinions | opinion | personal beliefs | beliefs
      | feelings | emotions | preferences | personal preferences | personal experiences
      | experiences | biases | consciousness | a body | personal views | views
    expert: legal | medical | financial | investment | tax | professional | real time | live
      | definitive | up to date | exact
    counsel: advice | data | information | updates | diagnosis | answer | figures | figure | number
      | opinion | opinions | guidance | recommendation | recommendations
    disclaimer: (i|and) [,] <adv> (do not | cannot) <adv>
        (have | hold | possess | experience | form | feel | express | offer | give | provide)
        [any | a | my | the ability to have | the ability to form] [\w+ or | \w+ , or] <inner>
      | <i> [,] <adv> <not-to> <adv> (provide|give|offer|share|make) <gap3> <expert> <gap2>
        <counsel>

    limit: (i|and) [,] <adv> (do|did) not <adv> [currently] have <adv> [the] [any] [direct]
        (access to | knowledge of | (information|details|data) (about|on|regarding))
      | i [,] <adv>
        (cannot | (am <adv> (unable | not able) | do not have the (ability|capability)) to) <adv>
        <perceive>
      | no access to (your | his | her | their | the | private | personal)

    # What tells a limit that is also a principle from a mere lack of data.
    principle: privacy | private | confidential | confidentiality | consent | ethical | ethics
      | respectful | responsible | boundaries | sensitive
    """
)

DECLINES = _GRAMMAR.phrases("inability", "company", "unwillingness", "policy", "bare")
ONLY_SOUNDS_LIKE_IT = _GRAMMAR.phrases("false-friend")
LACKS_THE_SKILL = _GRAMMAR.phrases("no-skill")
FILTERED = _GRAMMAR.phrases("filter")
DISCLAIMS = _GRAMMAR.phrases("disclaimer")
LIMITS = _GRAMMAR.phrases("limit")
ON_PRINCIPLE = _GRAMMAR.phrases("principle")
