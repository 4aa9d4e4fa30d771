"""`sigil.intent`: a model drives the service until it says that the objective is met.

    reply = pursue(call.request, perform)

    `pursuing`  the conversation, turn by turn
    `tools`     what a model can call, and what comes of it
    `words`     what it is told, and how its turns are read

Not here: which model, how often, at what price (`sigil.gate.judge.asking`).
"""

from sigil.gate.agent.pursuing import pursue

__all__ = ["pursue"]
