"""Print cases, one JSON object a line: days of a workshop that is asked for more than it can do."""

import json
import os
import random

stream = random.Random(os.environ.get("SIGIL_SEED", "1"))
for load in (0.8, 0.9, 1.0, 1.1) * 4:
    jobs, arrival = [], 0.0
    for _ in range(40):
        duration = min(40, 1 + int(stream.expovariate(1 / 9)))
        weight = stream.choice((1, 1, 1, 2, 2, 5, 10))
        due = int(arrival) + duration + int(stream.uniform(0, 60))
        jobs.append([int(arrival), duration, due, weight])
        arrival += stream.expovariate(load / 10)
    print(json.dumps({"args": [jobs]}))
