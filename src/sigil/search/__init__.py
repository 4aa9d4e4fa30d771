"""What to try next: pins, patches, proposers, archive, and the optimizers that join them.

Ask / tell: a proposer is asked for changes and told what became of them. Nothing here
evaluates, waits or writes.
"""
