"""Print cases, one JSON object a line: two long settings files, and short ones that are odd."""

import json
import os
import random

stream = random.Random(os.environ.get("SIGIL_SEED", "1"))
NAMES = "host port user path depth limit retries level colour width".split()
ODD = ["=", "[ ]\n=1\n= 2", "a = 1 # b = 2", "#[s]\n[t] # u\na=1", "[s\na=b=c\n [ x ] y", "a\na="]


def line():
    """Return one line of a settings file; about one name in five was set before."""
    kind = stream.random()
    if kind < 0.06:
        return f"# {stream.choice(NAMES)} = {stream.randrange(100)}"
    if kind < 0.12:
        return f"[{stream.choice(NAMES)}{stream.choice(['', ' # note'])}]"
    name = f"{stream.choice(NAMES)}_{stream.randrange(20)}"
    space, note = stream.choice(["", " ", "\t"]), stream.choice(["", "  # note"])
    return f"{space}{name}{space}={space}{stream.randrange(10_000)}{note}"


for count in (400, 500):
    print(json.dumps({"args": ["\n".join(line() for _ in range(count))]}))
print(json.dumps({"args": [""]}))
for odd in stream.sample(ODD, 5):
    print(json.dumps({"args": [f"{odd}\n{line()}"]}))
