"""Print one case, a line of JSON: angles all over the range, its ends among them."""

import json
import os
import random
from math import pi

stream = random.Random(os.environ.get("SIGIL_SEED", "1"))
angles = [stream.uniform(-pi / 2, pi / 2) for _ in range(500)]
print(json.dumps({"args": [[-pi / 2, *angles, pi / 2]]}))
