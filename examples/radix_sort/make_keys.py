"""Write keys.bin, most of it random, the rest with the same high bits; expected.bin, sorted."""

import os
import random
from array import array
from pathlib import Path

stream = random.Random(os.environ.get("SIGIL_SEED", "1"))
keys = array("I", stream.randbytes(4 * 200_000))
keys.extend(0xC0A80000 + stream.randrange(1 << 16) for _ in range(50_000))
Path("keys.bin").write_bytes(keys.tobytes())
Path("expected.bin").write_bytes(array("I", sorted(keys)).tobytes())
