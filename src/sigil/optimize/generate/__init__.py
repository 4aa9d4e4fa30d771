"""Make a spec and an eval from nothing but a function and the repository that it stands in.

* `locating` finds the function and says what kind it is,
* `testing` and `recording` collect calls that the repository's own tests make,
* `expecting` reads what tests and docstrings say the answers are,
* `inputs`, `sharing`, `signing`, `scaling` and `wording` make further inputs like those,
  `magnitudes`, `relating` and `defaulting` some that are unlike them,
* `constants`, `from_constants`, `tracing` and `reaching` find inputs that take the function
  where none goes yet, and what none reaches,
* `trying` lets the unchanged code answer them, sealed,
* `choosing` divides them into shown and held-out ones, `writing` makes the files,
* `reasons` and `remedying` say what helps where inputs are of no use,
* `generating` ties it together.

Not here: searching (`sigil.optimize.run`), how inputs are measured (`sigil.evaluate`).
"""
