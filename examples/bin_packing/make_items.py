"""Print cases, one JSON object a line: 5,000 items of Weibull sizes for bins of 100.

Shape 3 and scale 45, cut to 1 … 100, as in Romera-Paredes et al. 2024 (FunSearch).
"""

import json
import os
import random

CAPACITY = 100
stream = random.Random(os.environ.get("SIGIL_SEED", "1"))
for _ in range(5):
    items = [min(CAPACITY, max(1, round(stream.weibullvariate(45, 3)))) for _ in range(5000)]
    print(json.dumps({"args": [CAPACITY], "expected": items}))
