"""From where the points are drawn together."""

# sigil: begin plan
CENTRE = 5  # sigil: int 1..5
INNER = 3  # sigil: int 3..7
EFFORT = 3  # sigil: int 3..60 log
SHAKE = 0.5  # sigil: range 0.02 0.5 log
AGAIN = 0.5  # sigil: range 0.02 0.5 log
SEED = 1  # sigil: int 1..99
# sigil: end plan
