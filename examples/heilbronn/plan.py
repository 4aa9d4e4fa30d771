"""From where the points move apart."""

# sigil: begin plan
STEEP = 10.0  # sigil: range 0.05 20 log
GROWTH = 2.0  # sigil: range 1.5 3
AGAIN = 0.2  # sigil: range 0.005 0.2 log
SEED = 1  # sigil: int 1..99
# sigil: end plan
