"""From where the circles grow."""

# sigil: begin plan
ROWS = 3  # sigil: int 3..5
WIDTH = 1.0  # sigil: range 0.8 1.2
SHIFT = 0.0  # sigil: choices 0.0 0.5
SHAKE = 0.1  # sigil: range 0.01 0.1 log
AGAIN = 0.1  # sigil: range 0.01 0.1 log
SEED = 1  # sigil: int 1..99
# sigil: end plan
