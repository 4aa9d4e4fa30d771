"""Words, names and prose for inputs, drawn from a stream."""

from __future__ import annotations

from random import Random

_ONSETS = ("b", "br", "ch", "d", "f", "g", "h", "k", "l", "m", "n", "p", "pl", "r", "s", "st", "t")
_VOWELS = ("a", "e", "i", "o", "u", "ea", "ou")
_CODAS = ("", "", "n", "r", "s", "t", "nd", "ck", "ll")


def word(stream: Random, syllables: int = 2) -> str:
    """Return a word that can be spoken."""
    return "".join(
        stream.choice(_ONSETS) + stream.choice(_VOWELS) + stream.choice(_CODAS)
        for _ in range(stream.randint(1, syllables))
    )


def vocabulary(stream: Random, count: int) -> list[str]:
    """Return ``count`` different words."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[word(stream, 3)] = None
    return list(found)


def sentence(stream: Random, words: list[str], length: int) -> str:
    """Return words with capitals and punctuation here and there; early words are frequent."""
    chosen = [words[min(int(stream.expovariate(6) * len(words)), len(words) - 1)]
              for _ in range(length)]  # fmt: skip
    marked = [
        one.capitalize() if stream.random() < 0.1 else one + stream.choice(("", "", "", ",", "."))
        for one in chosen
    ]
    return " ".join(marked)
