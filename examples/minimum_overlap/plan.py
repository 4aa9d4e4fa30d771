"""From which steps the descent begins."""

# sigil: begin plan
STEPS = 10  # sigil: int 10..60
STEEP = 1000.0  # sigil: range 1 1000 log
GROWTH = 4.0  # sigil: range 1.2 4
ROUGH = 0.02  # sigil: range 0.01 0.5 log
SEED = 1  # sigil: int 1..99
# sigil: end plan
