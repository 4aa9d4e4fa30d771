"""Ask a service with httpx, in the environment that has it: prints seconds, one for each round.

python run_httpx.py URL ROUNDS REQUESTS
"""

import json
import sys
import time

import httpx


def main() -> None:
    url, rounds, requests = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with httpx.Client(base_url=url, trust_env=False) as client:
        for _ in range(rounds):
            began = time.perf_counter()
            for _ in range(requests):
                if client.get("/api/thing").json() != {"plan": "pro", "status": "active"}:
                    raise SystemExit("another answer")
            print(json.dumps(time.perf_counter() - began), flush=True)


if __name__ == "__main__":
    main()
