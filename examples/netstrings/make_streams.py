"""Print cases, one JSON object a line: one long stream, and short ones that are broken or odd."""

import json
import os
import random

stream = random.Random(os.environ.get("SIGIL_SEED", "1"))
WORDS = "north east south west 12:30 7, a,b: 東京 0:, 3:abc,".split()
ODD = ["", ",", ":", "3", "3:", "3:ab", "3:abc", "3:abc;", ":abc,", "-1:,", "03:abc,", "1:,,1::,"]


def netstrings(count):
    """Return so many netstrings in a row."""
    texts = (" ".join(stream.choices(WORDS, k=stream.randrange(6))) for _ in range(count))
    return "".join(f"{len(text)}:{text}," for text in texts)


print(json.dumps({"args": [netstrings(8000)]}))
for odd in [*stream.sample(ODD, 8), ""]:
    print(json.dumps({"args": [netstrings(stream.randrange(3)) + odd]}))
