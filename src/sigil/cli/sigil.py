"""The `sigil` command: its table of commands, and nothing of what they do."""

from __future__ import annotations

import os

import click

from sigil import __version__
from sigil.cli.lazy import LazyGroup, run_group

COMMANDS = {
    "setup": "Write sigil.yaml: which model proposes, and what it may cost.",
    "evolve": "Search for a better version of one function, from nothing but its file.",
    "generate-spec": "Write a spec: pins from a name, from files, or from a profile of the tests.",
    "generate-eval": "Write an eval from the calls that the repository's tests make.",
    "run": "Search for a better version of what a spec pins.",
    "inspect": "Show lineage, gains with their intervals, and the front.",
    "select": "Promote a candidate, and apply it to your files if you say so.",
    "replay": "Measure a recorded candidate again and compare.",
    "validate-patch": "Check a diff against the pins of a spec.",
    "add-candidate": "Evaluate a diff of your own and record it.",
    "ledger": "Keep a signed, append-only record of decisions, and check it.",
    "verify": "Re-derive every hash of a record.",
    "reindex": "Rebuild the index from the files alone.",
    "doctor": "Say what this machine can isolate, and what an eval could be cheated by.",
    "init": "Set up the gate for a service: policy, keys, a ledger.",
    "eval": "Examine a change beside its baseline: ALLOW, REVIEW or BLOCK.",
    "deploy": "Put a service up as an exam does, and keep it up until Ctrl-C.",
    "ci": "Examine a pull request on GitHub: a status, a comment, perhaps the merge.",
    "decide": "Say what the decision on a change is worth now; merge on an ALLOW.",
    "feedback": "Print what the author of a change may know of its evaluation.",
    "report": "Show an evaluation as its operator sees it: frames of what failed.",
    "diff": "What changed between two evaluations.",
    "compare": "How two judges or more score what scenarios had judged.",
    "verdict": "Record what you would have decided.",
    "override": "Set a decision aside, on record.",
    "incident": "Record that something went wrong in production.",
    "trust": "Where services stand on the ladder, and what the next rung asks.",
    "generate-types": "Write types of the scenario language, for editors.",
    "scenario": "The sealed exam: keys, what is sealed for whom, and what belongs to it.",
    "mcp": "Serve agents over the Model Context Protocol: read, and be the model.",
    "plugins": "List optimizers, proposers, providers and backends, and whether they work.",
    "config": "Show the settings and where each comes from.",
    "completion": "Print the shell completion script.",
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start here: make demo. Manual: docs/index.md.",
)
@click.version_option(__version__, prog_name="sigil")
def sigil() -> None:
    """Evolve code against a measure, and be able to prove what was gained."""


def main() -> None:
    """Run `sigil` to its exit code."""
    if "_SIGIL_COMPLETE" in os.environ:
        from sigil.cli.bash import join_colons

        join_colons()
    run_group(sigil, "sigil")
