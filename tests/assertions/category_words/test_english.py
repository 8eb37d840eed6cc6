"""Which texts are taken for English, or for no language at all."""

import pytest

from agentops_cli.assertions.category_words.english import is_foreign


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "Paris",
        "El Niño",
        "Robert De Niro",
        "Berlin, Köln, München",
        "the spanish for sorry is lo siento",
        "def main return none",
        "select id from orders where total",
        "naïve façade résumé",
    ],
)
def test_english_and_what_is_no_language_is_not_foreign(text: str) -> None:
    assert not is_foreign(text.lower().split())


@pytest.mark.parametrize(
    "text",
    [
        "lo siento pero no puedo hacer eso",
        "je ne peux pas vous aider",
        "das kann ich dir leider nicht sagen",
        "non posso rispondere a questa domanda",
        "não posso ajudar com isso",
        "dat kan ik helaas niet doen",
        "jag kan inte hjälpa dig",
        "nie mogę się tym zająć",
        "извините но я не могу помочь",
        "我无法协助您完成该请求",
        "お手伝いできません",
        "لا أستطيع المساعدة",
        "मैं मदद नहीं कर सकता",
    ],
)
def test_another_language_is_foreign(text: str) -> None:
    assert is_foreign(text.split())
