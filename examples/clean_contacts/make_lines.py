"""Print cases, one JSON object a line: exports of a mailing list, and the domains not wanted."""

import json
import os
import random

stream = random.Random(os.environ.get("SIGIL_SEED", "1"))
FIRST = "ada alan barbara donald edsger frances grace john ken margaret niklaus tony".split()
LAST = "allen backus dijkstra hamilton hoare hopper knuth liskov lovelace thompson turing".split()
BLANKS = [" ", "  ", "\t", "\u00a0", " \t "]
JUNK = ["", "   ", "--- page 2 ---", "no address", "<>", "<@example.org>", "a <b> c@d"]
DOMAINS = [f"{kind}{number}.example" for kind in ("mail", "post", "box") for number in range(40)]


def cased(text):
    """Return a text in one of the ways in which people type it."""
    return stream.choice([text, text, text.upper(), text.title()])


def line():
    """Return one line of an export; about one contact in ten comes again."""
    if stream.random() < 0.03:
        return stream.choice(JUNK)
    first, last = stream.choice(FIRST), stream.choice(LAST)
    address = f"{first}.{last}{stream.randrange(40)}@{stream.choice(DOMAINS[:12])}"
    blank = stream.choice(BLANKS)
    return f"{stream.choice(['', blank])}{cased(first)}{blank}{cased(last)} <{cased(address)}>"


for count in (1200, 30, 2, 0):
    blocked = [cased(domain) for domain in stream.sample(DOMAINS, 30)]
    print(json.dumps({"args": [[line() for _ in range(count)], blocked]}))
