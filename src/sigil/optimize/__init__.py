"""Evolve a function against a measure.

* `spec` says what may change, `workspace` where everything is kept,
* `run` searches, `history` reads back what a run did,
* `candidates` takes changes from a person, `promote` hands them on, `replay` proves them.

Not here: how good a change is (`sigil.evaluate`), what to try next (`sigil.search`).
"""
