"""Climb to a local maximum under inequality constraints: augmented Lagrangian over L-BFGS.

Plain Python, deterministic. A task gives its objective as a linear function of the variables,
which loses nothing: what is not linear becomes a constraint on one more variable.

Source: Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 7.4 and 17.4.
"""

MEMORY = 12
SUFFICIENT = 1e-4
SHORTEST = 1e-12


def ascend(goal, slack, pull, start, *, rounds=12, steps=120, weight=10.0, growth=3.0):
    """Return variables at which ``goal . x`` is large and every slack is nearly 0 or more.

    Args:
        goal: (n,) coefficients of what is to be maximised.
        slack: x -> (m,) values that have to be 0 or more.
        pull: (x, weights, out) adds sum_k weights[k] * gradient of slack k to the list ``out``.
        start: (n,) variables to begin with.
        rounds: how often multipliers are renewed.
        steps: of the descent in each round.
        weight: of a violation at first.
        growth: by what the weight grows from round to round.
    """
    x = list(start)
    multipliers = [0.0] * len(slack(x))
    for _ in range(rounds):
        x = _descend(_energy(goal, slack, pull, multipliers, weight), x, steps)
        multipliers = [
            max(0.0, held - weight * value)
            for held, value in zip(multipliers, slack(x), strict=True)
        ]
        weight *= growth
    return x


def _energy(goal, slack, pull, multipliers, weight):
    """Return the function x -> (value, gradient) that a round descends."""
    signs = [-coefficient for coefficient in goal]

    def energy(x):
        forces = [m - weight * v for m, v in zip(multipliers, slack(x), strict=True)]
        forces = [force if force > 0 else 0.0 for force in forces]
        value = _dot(signs, x) + _dot(forces, forces) / (2 * weight)
        gradient = list(signs)
        pull(x, [-force for force in forces], gradient)
        return value, gradient

    return energy


def _descend(energy, x, steps):
    """Return a point lower than ``x`` after at most so many steps of L-BFGS."""
    value, gradient = energy(x)
    pairs = []
    for _ in range(steps):
        direction = _direction(gradient, pairs)
        slope = _dot(direction, gradient)
        if slope >= -1e-18:
            break
        length = 1.0 if pairs else min(1.0, 0.01 / max(map(abs, gradient)))
        while True:
            near = [a + length * d for a, d in zip(x, direction, strict=True)]
            near_value, near_gradient = energy(near)
            if near_value <= value + SUFFICIENT * length * slope:
                break
            length /= 2
            if length < SHORTEST:
                return x
        step = [b - a for a, b in zip(x, near, strict=True)]
        turn = [b - a for a, b in zip(gradient, near_gradient, strict=True)]
        curvature = _dot(step, turn)
        if curvature > 1e-14 * _dot(turn, turn):
            pairs = [*pairs[1 - MEMORY :], (step, turn, curvature)]
        x, value, gradient = near, near_value, near_gradient
    return x


def _direction(gradient, pairs):
    """Return the quasi-Newton direction: the two-loop recursion."""
    direction = [-g for g in gradient]
    shares = []
    for step, turn, curvature in reversed(pairs):
        share = _dot(step, direction) / curvature
        shares.append(share)
        direction = [d - share * t for d, t in zip(direction, turn, strict=True)]
    if pairs:
        _, turn, curvature = pairs[-1]
        scale = curvature / _dot(turn, turn)
        direction = [scale * d for d in direction]
    for (step, turn, curvature), share in zip(pairs, reversed(shares), strict=True):
        rest = share - _dot(turn, direction) / curvature
        direction = [d + rest * s for d, s in zip(direction, step, strict=True)]
    return direction


def _dot(left, right):
    return sum(a * b for a, b in zip(left, right, strict=True))
