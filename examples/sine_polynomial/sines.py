# sigil: begin coefficients
COEFFICIENTS = (
    -0.16666666666666666,  # sigil: range -0.2 -0.1
    0.008333333333333333,  # sigil: range 0.001 0.02
)
# sigil: end coefficients


def sines(angles):
    """Return the sine of each angle between -pi/2 and pi/2, by a polynomial of degree five."""
    third, fifth = COEFFICIENTS
    values = []
    for x in angles:
        square = x * x
        values.append(x * (1 + square * (third + square * fifth)))
    return values
