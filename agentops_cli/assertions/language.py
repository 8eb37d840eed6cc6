"""The language that an answer is written in, told from its script and its small words.

Written here because the libraries that do it better bring models of many megabytes, or answer at
random; and because an assertion may abstain, which none of them does.
"""

import re
from collections import Counter
from unicodedata import normalize

from agentops_cli.assertions.arguments import arguments, string_or_strings
from agentops_cli.assertions.excerpt import opening
from agentops_cli.assertions.language_words import SMALL_WORDS
from agentops_cli.assertions.markdown import without_code
from agentops_cli.assertions.verdict import CannotTell, judged, words_of
from agentops_cli.assertions.writing import count_scripts
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.suite import AssertionSpec

# Scripts that one language writes, or is taken to write in the answer of a model.
_BY_SCRIPT = {
    "ARMENIAN": "hy",
    "BENGALI": "bn",
    "CJK": "zh",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "HANGUL": "ko",
    "HEBREW": "he",
    "TAMIL": "ta",
    "THAI": "th",
}

# Letters that a language of a script has and the languages below it in the list lack. None stands
# for languages that are not known here, so that they are not taken for a neighbour.
_BY_LETTERS: dict[str, tuple[tuple[str, str | None], ...]] = {
    "ARABIC": (("ٹڈڑںےۆێڵەۇۈېڭ", None), ("پچژگیک", "fa"), ("ةىيك", "ar")),
    "CYRILLIC": (
        ("ўәөүұқңһҳӣӯ", None),
        ("јљњћђџѓќ", None),
        ("їєґі", "uk"),
        ("ыэ", "ru"),
        ("ъ", "bg"),
    ),
}

KNOWN = tuple(
    sorted(
        {
            *SMALL_WORDS,
            *_BY_SCRIPT.values(),
            *(code for rows in _BY_LETTERS.values() for _, code in rows if code),
            "ja",
        }
    )
)

_LINK = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W\d_]+")

# What a language needs to be told: so many of its small words, that part of all words, and of the
# words that only one of two languages has, so many times those of the other.
_FEWEST, _SHARE, _LEAD = 3, 0.12, 2


class Language:
    """The answer is written in a language.

    *What it checks*

    The language of the prose, code and links left out: one of the ISO 639-1 codes in `value`. The
    script decides where it can (Japanese, Korean, Greek, Thai and others), letters tell Russian,
    Ukrainian and Bulgarian, Arabic and Persian, and small words the languages of Latin script. It
    abstains where that is not clear, as in a text of a few words or in a script that it does not
    know. A language that it does not know may pass for its neighbour: Malay for Indonesian,
    Galician for Portuguese, Slovak for Czech, Afrikaans for Dutch.

    *Why it matters*

    Models fall back into English when the context is English, and customers notice.

    *Example*

    ```yaml
    assert:
      - language: de
    ```

    *Fix*

    Name the language in the prompt, last. For answers of a few words assert the words themselves:
    there is too little to tell a language by.
    """

    schema = arguments("value", value=string_or_strings("an ISO 639-1 code such as de, or a list"))

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._wanted = words_of(spec, KNOWN, noun="language")

    def check(self, evidence: Evidence) -> Verdict:
        answer = evidence.completion.text
        came = detect(answer)
        if came is None:
            raise CannotTell(f"the language is not clear: {opening(answer)}")
        passed = came in self._wanted
        wanted = "" if passed else f"wanted {' or '.join(self._wanted)}, "
        return judged(f"{wanted}the answer is {came}: {opening(answer)}", passed=passed)


def detect(text: str) -> str | None:
    """The ISO 639-1 code of a text's language, None where that is not clear."""
    prose = _LINK.sub(" ", without_code(text))
    scripts = count_scripts(prose)
    # Japanese is written in three scripts, two of them its own.
    if own := scripts.pop("HIRAGANA", 0) + scripts.pop("KATAKANA", 0):
        return "ja" if own * 2 > scripts["LATIN"] else None
    if not scripts:
        return None
    script, letters = scripts.most_common(1)[0]
    if letters * 3 < scripts.total() * 2:
        return None
    if script == "LATIN":
        return _by_small_words(prose)
    for marks, language in _BY_LETTERS.get(script, ()):
        if any(mark in prose for mark in marks):
            return language
    return _BY_SCRIPT.get(script)


def _by_small_words(text: str) -> str | None:
    """The language whose small words a text holds, if no other comes near."""
    words = Counter(_WORD.findall(normalize("NFC", text.casefold())))

    def held(known: frozenset[str]) -> int:
        return sum(words[word] for word in words.keys() & known)

    best = max(SMALL_WORDS, key=lambda language: held(SMALL_WORDS[language]))
    mine = SMALL_WORDS[best]
    if held(mine) < max(_FEWEST, _SHARE * words.total()):
        return None
    for language, its in SMALL_WORDS.items():
        # Only words that one of the two has tell them apart.
        if language != best and held(mine - its) < max(2, _LEAD * held(its - mine)):
            return None
    return best
