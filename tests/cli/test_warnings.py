import subprocess
import sys

PROGRAM = """
import warnings, click
from sigil.cli.lazy import run_group

@click.group()
def group(): pass

@group.command()
def warn(): warnings.warn("old \\x1b[31m thing", RuntimeWarning)

run_group(group, "sigil")
"""


def test_a_warning_is_one_line_without_power_over_a_terminal():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "warn"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "sigil: warning: old \\x1b[31m thing\n"
