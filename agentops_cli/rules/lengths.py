"""How long a prompt is."""

from agentops_cli.prompt.source import PromptFile
from agentops_cli.tokens import Tokens, count_tokens, most_tokens


def text_of(file: PromptFile) -> str:
    """The text of all messages, as it is written: what variables put in is not there yet."""
    if len(file.passages) == 1:
        return file.passages[0].text
    return "\n".join(passage.text for passage in file.passages)


def most_tokens_of(file: PromptFile) -> int:
    """A number of tokens that the text does not exceed; told in no time."""
    if file.text.isascii():
        return len(file.text)
    return sum(most_tokens(passage.text) for passage in file.passages)


def tokens_of(file: PromptFile, model: str | None) -> Tokens:
    """The tokens of the text; the first time takes a moment, as a vocabulary has to be read."""
    return count_tokens(text_of(file), model)
