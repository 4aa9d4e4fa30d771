"""Cheats that are tried against a user's own eval, each exactly as a real candidate would be.

* `model`: what a cheat is, where it is put, and what became of it,
* `catalogue`: the cheats (`shortcuts`, `deceiving`), and what they carry (`forging`, `recalling`),
* `writing`: puts a cheat in the place of pinned Python, `braced` of pinned C, C++ or JavaScript,
* `trying`: has it evaluated, and says what stopped it or what to change (`remedies`).

An eval is judged by what it lets through, not by how it looks: nothing here guesses.

Not here: what can be told from the eval's text alone (`sigil.evaluate.doctor`), attacks on
the sandbox itself (`tests/hostile`).
"""
