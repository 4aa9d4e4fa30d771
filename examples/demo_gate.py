"""A sealed exam, from an intent to two decisions, on this machine and without a key of anybody's.

A small real service, an honest change and a cheating one that hard-codes what the visible
scenarios ask. On the visible half both are equal; the sealed half tells them apart. What is printed
is what the commands print; everything happens in a scratch folder, keys included.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent / "sealed_exam"
BIN = Path(sys.executable).parent
SERVICE = "quotes"
COMMAND = "python3 server.py --port {port}"
REVIEW, BLOCK = 3, 4
LAST = f"""
The honest change is an ALLOW by the exam alone. That it is a REVIEW is no fault of it: no first
change of a service is allowed, because trust is earned by evaluations, by verdicts and by time.

On your own service `sigil init` makes keys and policy, as above. On one more machine that
examines, `sigil scenario keys --new --service {SERVICE}` makes its key, and `sigil ledger init
--remote URL` joins its ledger. Read on: docs/intents.md, docs/deployments.md, docs/decisions.md"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="sigil-demo-") as scratch:
        story = Story(Path(scratch))
        story.set_up()
        story.examine("honest", (HERE / "changes" / "honest.py").read_text(), REVIEW)
        story.sigil(f"decide honest --service {SERVICE}", REVIEW)
        story.examine("cheating", cheated(story.repository), BLOCK)
        say("What the author of the cheating change may read")
        story.sigil("feedback --last")
        say("And what stands in the ledger")
        story.sigil("ledger list --kind eval.decision")
        story.sigil("ledger verify")
    print(LAST)
    return 0


class Story:
    """A repository in a scratch folder, with a home of its own for keys."""

    def __init__(self, scratch: Path):
        self.repository = scratch / "service"
        home = scratch / "home"
        home.mkdir()
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }

    def set_up(self) -> None:
        say("A service, an intent, and keys that the author of a change never sees")
        shutil.copytree(HERE / "service", self.repository)
        self.git("init", "-q", "-b", "main")
        self.sigil(f"init --service {SERVICE} --command '{COMMAND}'")
        self.commit("a service")
        say("The intent becomes scenarios: some everybody reads, some sealed")
        intent = "docs/specs/seat-quotes.md"
        self.sigil(f"scenario generate --from {intent} --service {SERVICE} --expect-failing")
        if shutil.which("chromium"):
            visible = self.repository / ".sigil" / "scenarios" / SERVICE / "visible"
            shutil.copy(self.repository / "scenarios" / "quote_page.lua", visible)
            self.sigil(f"scenario seal --service {SERVICE}")
        self.commit("an exam")
        self.sigil(f"trust enroll --service {SERVICE}")

    def examine(self, name: str, quotes: str, expected: int) -> None:
        """Put a change on a branch of its own, and have it examined."""
        say(f"The {name} change")
        self.git("checkout", "-q", "-b", name, "main")
        (self.repository / "quotes.py").write_text(quotes)
        self.commit("discounts from 10 seats on")
        self.git("checkout", "-q", "main")
        self.sigil(f"eval {name} --service {SERVICE}", expected)

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("-c", "user.name=demo", "-c", "user.email=demo@localhost", "commit", "-q",
                 "-m", message)  # fmt: skip

    def git(self, *arguments: str) -> None:
        command = ["git", *arguments]
        subprocess.run(command, cwd=self.repository, env=self.environment, check=True)

    def sigil(self, line: str, expected: int = 0) -> str:
        """Run a command, show it, and return what it printed."""
        print(f"$ sigil {line}", flush=True)
        done = subprocess.run(
            [BIN / "sigil", *shlex.split(line)],
            cwd=self.repository,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        print(done.stdout, end="", flush=True)
        if done.returncode != expected:
            sys.exit(f"sigil {line}: exit code {done.returncode}, and {expected} was expected")
        return done.stdout


def cheated(repository: Path) -> str:
    """Return a change that knows what every visible scenario asks, and nothing else."""
    visible = repository / ".sigil" / "scenarios" / SERVICE / "visible"
    row = re.compile(r"plan=(\w+)&seats=(\d+).*?total_cents == (\d+)", re.DOTALL)
    asked = [found for path in visible.rglob("*.lua") for found in row.findall(path.read_text())]
    agreed = {(plan, int(seats)): int(cents) for plan, seats, cents in asked}
    whole = (HERE / "changes" / "cheating.py").read_text()
    return whole.replace("AGREED = {}", f"AGREED = {agreed}")


def say(text: str) -> None:
    print(f"\n── {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
