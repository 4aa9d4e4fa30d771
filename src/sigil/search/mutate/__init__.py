"""The offline proposer `mutate`, from text to proposals: `proposer.Mutate`.

`source` edits characters by positions of the tree; `fragments` are expressions as text;
`assigned`, `kinds`, `scope` and `library` say what an expression may be built from;
`subject` takes a region apart; `operators`, `statements`, `grammar`, `crossover` and
`chance` change it; `walk` orders the single edits; `proposer` puts it behind ask and tell.
Whoever needs `source` alone loads nothing else of it.
"""
