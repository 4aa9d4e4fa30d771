"""The sealed exam: does a change do what its intent asks, and may it be merged?

An intent (``docs/specs/*.md``) becomes scenarios in Lua, half of them sealed. `sigil eval`
deploys a change beside its baseline, runs every scenario against both, scores the change
relative to the baseline and signs ALLOW, REVIEW or BLOCK into the ledger. Whoever wrote the
change sees step labels alone.

Pure, and importing neither file, socket, clock, process nor model: `scoring`, `decision`, `trust`,
`feedback`. Only `evaluator` may open what is sealed (`unseal`).

Not here: the ledger's storage (`sigil.ledger`), running untrusted code (`sigil.sandbox`), asking
models (`sigil.llm`).
"""
