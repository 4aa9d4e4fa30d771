"""From an intent to scenarios, without a model.

    compile → two halves → three stages of validation → visible files, seals, traceability

Not here: reading intents (`sigil.gate.intent`), the language of scenarios (`sigil.gate.lua`).
"""
