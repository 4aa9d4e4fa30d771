"""How early the vectors of each kind are taken; the sign says which half of them comes first.

A row for each pattern of zeros among the first five places, a number for each among the last
three; patterns that are equal up to rotation share one.
"""

# sigil: begin weights
WEIGHTS = (
    (0.1, 0.1, 0.1, 0.1),  # sigil: range -1 1
    (0.1, 0.1, 0.1, 0.1),  # sigil: range -1 1
    (0.1, 0.1, 0.1, 0.1),  # sigil: range -1 1
    (0.1, 0.1, 0.1, 0.1),  # sigil: range -1 1
    (0.1, 0.1, 0.1, 0.1),  # sigil: range -1 1
    (0.1, 0.1, 0.1, 0.1),  # sigil: range -1 1
    (0.1, 0.1, 0.1, 0.1),  # sigil: range -1 1
    (0.1, 0.1, 0.1, 0.9),  # sigil: range -1 1
)
# sigil: end weights
