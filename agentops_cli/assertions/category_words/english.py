"""Whether an answer is English, by its script and by the little words that every sentence needs.

The grammars of this room are English. What is in another language must not be called an answer
because no English refusal was found in it.
"""

import re
from collections.abc import Sequence


def _set_of(listing: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", listing))


_ENGLISH = _set_of(
    """
    a about after all also am an and any are as at be because been but by can cannot could did do
    does for from had has have he her here his how i if in into is it its just like more my no not
    of on one or our out please she should so some sorry such than that the their them then there
    these they this those to unable up us use was we were what when where which who why will with
    would yes you your
    """
)

# Little words of some twenty languages in Latin script, none of them an English word.
_FOREIGN = _set_of(
    """
    como con de del el en es esa ese eso esta está hay la las lo los mi muy para pero por puede
    puedo que siento sobre su tengo un una y yo

    au aux avec ce cette dans des du est et je le les mais ne nous pas pour qui suis sur une vous

    aber auf bei dabei darf das dem den der dich dir ein eine es für ich ihnen ist kann kein leider
    mir mit nicht sie und von wie wir zu

    alla che della delle di dispiace gli il io ma nel non per perché posso quella questa questo
    sono è

    ao dos ele em essa isso mas meu não os posso seu uma você

    dat deze dit een en het hij ik je kan maar mijn niet ook van voor zijn

    att av det dig du en ett inte jag kan med och på som är
    af deg eg ej er ikke jeg kunne meg og til
    ei että hän ja joka minä mutta ole olen se voi

    ale czy dla jak jest na nie się tego tym w z że
    je jsem nemohu ne pro se tím vám

    ama bir bu çok değil için ile ve üzgünüm
    acest ajuta cu din este nu pe pot să și
    ada dan dapat ini itu maaf saya tidak untuk yang
    az egy és ez hogy nem vagyok
    cho của không là này tôi và với xin
    """
)

_LATIN_END = "\u024f"
_MUCH_OTHER_SCRIPT = 0.3
_FEW = 2
# In a sentence of any language far more of the words are little ones; in a list of files or names
# that happen to look like some, fewer.
_DENSE = 0.12


def is_foreign(words: Sequence[str]) -> bool:
    """Whether these plain words, code and quotations left out, are in another language.

    A text without sentences (a number, a name, a list of cities) is not foreign.
    """
    letters = [char for word in words for char in word if char.isalpha()]
    other_script = sum(char > _LATIN_END for char in letters)
    if other_script > _MUCH_OTHER_SCRIPT * len(letters):
        return True
    foreign = [word for word in words if word in _FOREIGN]
    english = sum(word in _ENGLISH for word in words)
    dense = len(foreign) > _DENSE * len(words)
    return dense and len(set(foreign)) >= _FEW and len(foreign) > english
