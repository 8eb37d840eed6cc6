"""How an agent reports that it failed: it hit a fault, it could not reach a system, it is down.

Declining and failing share their words ("unable to"). Failing is an attempt in the past tense, or
names a system as its object or cause; declining is in the present and names the request.
"""

from agentops_cli.assertions.category_words.grammar import Grammar

_GRAMMAR = Grammar(
    r"""
    fault: errors? | exception | problem | issue | timeout | fault | failure | glitch | crash
      | (rate | usage | token | request) limit
      | (difficulty | difficulties | trouble)(?! (understanding|following|interpreting))
    system: account | api | backend | cache | calendar | cluster | connection | content | data
      | database | details | documents? | endpoint | files? | function | host | inbox | index
      | information | internet | knowledge base | model | network | orders? | page | query | queue
      | records? | repository | requests? | response | results? | search | servers? | services?
      | site | status | storage | systems? | tools? | url | website
    operate: access | authenticate | call | complete | connect | contact | decode | download
      | establish | execute | fetch | finish | generate (a|the) | get | initialize | load | log in
      | look up | open | parse | process | query | reach | read | retrieve | return | run | save
      | send | start | update | upload | write to
    operated: accessed | called | completed | connected | downloaded | established | executed
      | fetched | finished | handled | loaded | opened | parsed | processed | reached | read
      | retrieved | saved | sent | updated | uploaded
    now: currently | temporarily | right now | at this time | at the moment | at this moment | now
    tried: (was|were) <adv> (unable | not able) to
      | could not | failed to | did not manage to | have failed to | have been unable to
    cannot: cannot
      | (am|are) <adv> (unable | not able) to
    down: unavailable | down | offline | overloaded | not responding | busy | unreachable
      | experiencing

    # First person: the agent speaks of this turn.
    report: (i|we) [have|am|are] <adv> (encountered | encountering | ran into | running into | hit
          | got | received | experienced | experiencing | having | had | facing | met
          | seem to be having) <gap5> <fault>
      | (i|we) <adv> <tried> <adv> <operate> <gap6> <system>
      | (i|we) <adv> (<tried>|<cannot>) <adv> <operate> <gap8> <now>
      | (i|we) <adv> (<tried>|<cannot>) <adv> <operate> <gap10>
        (due to | because of | because | as | since) <gap3> (technical | system | internal | network
          | connection | server | service | tool | api | database | upload | download | unexpected
          | temporary | backend | connectivity)
      | (i|we) tried to <gap8> [,] but <gap6> (failed | errors? | timed out | not respond | <down>)

    interjection: ((oops | sorry | , | uh | oh | whoops | error | warning | apologies) )*
    # Impersonal: a status line, or a sentence that names the fault.
    signal: something [has] (went | gone | goes) wrong
      | (a | an | some | the following) <gap3> (error|exception|fault) [has|have]
        (occurred | happened | [was] (encountered | thrown | raised))
      | (^ | (the | this | our | your | my) <gap2> )(<system> | assistant | request | operation
          | session | call | step | agent | run | job) <adv> (timed out | failed | crashed
          | did not respond | (is | are) <adv> <down> | (was | were) (aborted | interrupted
          | terminated | cancelled | canceled | unavailable) | (could not | cannot) be <operated>
          | returned (a | an) <gap2> error | has (failed | crashed | expired | timed out))
      | technical (difficulty | difficulties | issues? | problems? | error)
      | agent stopped due to
      | max(imum)? [number of] (iterations? | steps | turns | retries | attempts | tool calls)
        [was | were | has been | have been] (reached|exceeded)
      | rate limit [was | has been] (reached|exceeded)
      | (down | offline | closed) for [\w+] maintenance
      | ^<interjection>(could not | unable to | failed to | cannot | not able to) <operate>
      | ^[http] [error] (4|5)\d\d (internal server error | bad gateway | service unavailable
          | gateway timeout | not found | bad request | forbidden | unauthorized | too many requests
          | error)$
      | ^[a|an]
        (internal | server | system | fatal | runtime | unknown | unexpected | network | tool) [\w+]
        (error|failure|timeout)( ,.*)?$
      | ^\w*(error|exception) ,.*
      | ^(fatal | internal | runtime | unknown) error ,.*
      | ^error \d+ ,.*
      | ^<interjection>(connection | request | operation | gateway) [to \w+ | to the \w+]
        (refused | timed out | failed | reset | timeout | aborted | closed) [by peer]$
      | ^traceback , most recent call last ,
      | ^(error | failed | failure | timeout | timed out | no response)$

    # The same words about what would happen, or about the asker's own program.
    explanation: ^(if | when | whenever | unless | should | use | to | check | once)
      | means | indicates | occurs | tells you
      | (if | when | whenever | unless | in case) (a | an | any | some | something | anything | the)
      | is (returned | raised | thrown | caused)
      | because (you | your | the)
      | your (build | code | script | query | program | tests? | pipeline | server | app)
    """
)

REPORTS = _GRAMMAR.phrases("report")
SIGNALS = _GRAMMAR.phrases("signal")
EXPLAINS = _GRAMMAR.phrases("explanation")
