"""From where the points move apart."""

# sigil: begin plan
MIRRORED = False  # sigil: choices True False
STEEP = 10.0  # sigil: range 0.05 10 log
GROWTH = 2.0  # sigil: range 1.5 3
AGAIN = 0.2  # sigil: range 0.01 0.2 log
SEED = 1  # sigil: int 1..999
# sigil: end plan
