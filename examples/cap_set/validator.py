"""Is a set of vectors a cap set, and how large? Runs in a process of its own."""

from itertools import combinations


def size(case, vectors):
    """Return how many vectors there are.

    Raises:
        ValueError: what is given is no list of lists of so many plain whole numbers 0, 1, 2;
            or a vector stands twice; or three lie on a line.
    """
    (dimension,) = case["args"]
    if type(vectors) is not list or len(vectors) > 3**dimension:
        raise ValueError("a list of vectors is wanted")
    members = set()
    for number, vector in enumerate(vectors, 1):
        if type(vector) is not list or len(vector) != dimension:
            raise ValueError(f"vector {number} has not {dimension} places")
        if not all(type(place) is int and 0 <= place <= 2 for place in vector):
            raise ValueError(f"vector {number} holds what is not 0, 1 or 2")
        if tuple(vector) in members:
            raise ValueError(f"vector {number} stands twice")
        members.add(tuple(vector))
    for one, other in combinations(sorted(members), 2):
        if tuple(-(a + b) % 3 for a, b in zip(one, other, strict=True)) in members:
            raise ValueError("three vectors lie on a line")
    return len(members)
