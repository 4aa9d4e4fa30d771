"""From which steps the descent begins."""

# sigil: begin plan
STEPS = 10  # sigil: int 10..100
STEEP = 100.0  # sigil: range 1 1000 log
GROWTH = 4.0  # sigil: range 1.2 4
ROUGH = 0.5  # sigil: range 0.05 2 log
SEED = 1  # sigil: int 1..99
# sigil: end plan
