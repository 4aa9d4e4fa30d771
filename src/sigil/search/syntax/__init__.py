"""What a tree-sitter syntax tree says about source: definitions, signatures, queries, faults.

Needs the extra ``languages``; `grammars.available` says whether it is there. Everything here
is pure and bounded: a text that is too large, or that the parser cannot finish in its
budget of steps, is refused, and nothing recurses.

Not here: which lines a pin means (`sigil.search.pins`); Python by symbol, which the standard
library parses (`sigil.search.definitions`).
"""
