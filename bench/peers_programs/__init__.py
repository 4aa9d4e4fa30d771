"""What runs outside of the bench for `bench.peers`: the model, the task and a driver for each.

Each driver uses only what its package documents, with the defaults that stand there but for
what makes the task the same for all: the model, two workers, whole programs as answers, and a
candidate's time limit where one can be set. Not here: any code of those packages.
"""
