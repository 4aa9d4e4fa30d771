"""Print cases, one JSON object a line: points in the unit square and a radius."""

import json
import os
import random

stream = random.Random(os.environ.get("SIGIL_SEED", "1"))
for _ in range(2):
    points = [[round(stream.random(), 4), round(stream.random(), 4)] for _ in range(180)]
    print(json.dumps({"args": [points, 0.03]}))
