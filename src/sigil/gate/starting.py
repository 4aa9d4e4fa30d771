"""What a repository needs before its first exam: files to write, lines to add, in plain text.

Pure. Nothing that is there is replaced: a file that exists is left as it is, and what it would
need is said instead.

Not here: keys and the ledger (`sigil.cli.init`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sigil.gate.names import check_service
from sigil.gate.policy import PATH, load_policy

IGNORED = (".sigil/ledger/", ".sigil/cache/", ".sigil/gate/")
EXAMPLE = "docs/specs/example.md"
WORKFLOW = ".github/workflows/sigil.yml"
_TEMPLATE = Path(__file__).parent / "templates" / "sigil.yml"
_PLACE = "…"


@dataclass(frozen=True, slots=True)
class Start:
    """What is known when an exam is set up.

    Args:
        service: its name.
        command: that starts it; empty if nobody said.
        recipient: public key that holdouts are sealed for; empty if it is not made yet.
        evaluator: public key whose signatures count; empty likewise.
    """

    service: str
    command: str = ""
    recipient: str = ""
    evaluator: str = ""


def policy_text(start: Start) -> str:
    """Return a minimal ``gate.yaml`` with one service.

    Raises:
        InvalidValue: the name or the command cannot stand in it, with the reason.
    """
    name = check_service(start.service)
    text = f"""\
# The gate: who is examined, how it is put up, whose word counts. Read from the base branch alone.
# docs/deployments.md, docs/decisions.md and docs/sealing.md say what else may stand here.
services:
  {name}:
{_deploy(start.command)}
    # env: [SIGNUP_PASSWORD]      # what sigil.env() may read of the evaluator's environment
    recipients: [{_quoted(start.recipient)}]
evaluators: [{_quoted(start.evaluator)}]
# policy:
#   freshness_s: 60               # how old the ledger may be for an ALLOW, and how long one lasts
#   repeats: 1                    # of each scenario on each side
#   submissions: 20               # to one exam, before nothing is said of its holdouts any more
"""
    load_policy(text.replace(f'"{_PLACE}"', "").encode())
    return text


def _deploy(command: str) -> str:
    if not command:
        return (
            "    # deploy:                     # needed before anything can be examined\n"
            "    #   backend: process\n"
            '    #   command: "python3 server.py --port {port}"'
        )
    # JSON is YAML, whatever stands in a command.
    return (
        "    deploy:\n"
        "      backend: process\n"
        f"      command: {json.dumps(command, ensure_ascii=False)}\n"
        "      # health: /healthz          # a path that answers once it is up; else: it listens"
    )


def _quoted(key: str) -> str:
    return json.dumps(key or _PLACE, ensure_ascii=False)


def ignore_text(present: str) -> str:
    """Return a ``.gitignore`` with the lines that Sigil needs behind those that it has."""
    lines = present.splitlines()
    missing = [line for line in IGNORED if line not in lines]
    if not missing:
        return present
    before = present if not present or present.endswith("\n") else f"{present}\n"
    return before + "\n".join(missing) + "\n"


def example_text(service: str) -> str:
    """Return an intent to begin with."""
    return f"""\
---
title: "{check_service(service)} — it answers"
owner: "@you"
priority: P1
---

# It answers

What this service promises, in the words of whoever needs it.

## Acceptance criteria

1. `GET /` returns 200.

## Invariants

- `GET /` is a **pure read**.
"""


def workflow_text(service: str, branch: str = "main") -> str:
    """Return the workflow for GitHub Actions.

    Args:
        service: that is examined.
        branch: into which changes go; pull requests into another start nothing.

    Raises:
        OSError: this installation is not whole.
    """
    text = _TEMPLATE.read_text(encoding="utf-8")
    quoted = branch.replace("'", "''")
    return text.replace("@SERVICE@", check_service(service)).replace("@BRANCH@", quoted)


def branch_of(root: Path) -> str:
    """Return the branch that changes go into: the remote's, else what is checked out, else main."""
    for path, start in (
        (".git/refs/remotes/origin/HEAD", "ref: refs/remotes/origin/"),
        (".git/HEAD", "ref: refs/heads/"),
    ):
        file = root / path
        text = file.read_text(encoding="utf-8").strip() if file.is_file() else ""
        if text.startswith(start):
            return text.removeprefix(start)
    return "main"


def files(root: Path, start: Start, *, example: bool, github: bool) -> dict[str, str]:
    """Return the text of every file that is to be written, by its path.

    Raises:
        InvalidValue: see `policy_text`.
    """
    new = {PATH: policy_text(start)}
    if example:
        new[EXAMPLE] = example_text(start.service)
    if github:
        new[WORKFLOW] = workflow_text(start.service, branch_of(root))
    found = {path: text for path, text in new.items() if not (root / path).exists()}
    ignore = root / ".gitignore"
    present = ignore.read_text(encoding="utf-8") if ignore.is_file() else ""
    if ignore_text(present) != present:
        found[".gitignore"] = ignore_text(present)
    return found
