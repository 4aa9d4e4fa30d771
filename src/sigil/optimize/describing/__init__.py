"""Make a spec or an eval from a description, by asking a model; and believe nothing it says.

* `wording` writes the questions from versioned templates,
* `conversation` asks them, and records every exchange before it is read,
* `answering` finds the document and the files in an answer,
* `specs` and `evals` check them as a run would, evals by measuring the unchanged code once,
* `hidden` says which files no model may see,
* `describing` ties it together, with one round of mending.

Not here: writing any of it into a repository (`sigil.optimize.generate.placing`), specs and
evals without a model (`sigil.optimize.generate`).
"""
