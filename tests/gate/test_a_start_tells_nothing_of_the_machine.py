"""A change that does not come up prints what it sees of the machine; its author sees none of it."""

from __future__ import annotations

import json
import os
import platform
import random
import string
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.gate.evaluations import Bench, Quiet, make_bench, served

from sigil.gate.decision import Stage
from sigil.gate.evaluation import evaluate
from sigil.gate.outcome import Outcome
from sigil.gate.record import dossier
from sigil.gate.view import junit, present
from sigil.gate.view.comment import markdown
from sigil.gate.view.summarizing import summary

TOKEN = "".join(random.Random(8).choices(string.ascii_letters + string.digits, k=40))
PHRASE = "correct horse battery"
PROGRAMS = {
    "its folder": "print(os.getcwd(), os.path.realpath('server.py'), sys.argv, sys.executable)",
    "in colour": "print('\\x1b[31m' + os.getcwd() + '/server.py\\x1b[0m at', sys.prefix)",
    "its modules": "print(sys.path); print(json.dumps(sys.path).replace('/', '\\\\/'))",
    "in one text": "print(repr('\\n'.join(sys.path)), quote(sys.prefix, safe=''))",
    "its environment": "print(*os.environ.items(), sep='\\n'); print(dict(os.environ))",
    "its mounts": "print(Path('/proc/mounts').read_text())",
    "more mounts": "print(Path('/proc/self/mountinfo').read_text())",
    "its memory": "print(Path('/proc/self/maps').read_text())",
    "its interpreter": "print(Path(sys.prefix, 'pyvenv.cfg').read_text())",
    "its name": "print(os.uname(), os.uname().release)",
    "a key": "print(Path(sys.prefix, 'token').read_text(), {'token': token})",
}
SPY = """
import json, os, sys
from pathlib import Path
from urllib.parse import quote
token = Path(sys.prefix, "token").read_text()
%s
raise RuntimeError(f"{sys.prefix}/token holds {token}")
"""


@dataclass(frozen=True)
class Told:
    """What came of it.

    Args:
        outcome: of the evaluation.
        repository: the folder of the evaluator's clone.
    """

    outcome: Outcome
    repository: Path

    def views(self) -> dict[str, str]:
        """Return everything that the author is given."""
        told = self.outcome.feedback
        return {
            "feedback.json": json.dumps(dossier.plain(told)),
            "agent": "\n".join(present.feedback_lines(told)),
            "comment": markdown(summary(self.outcome), told),
            "junit": junit.junit("api", junit.of_feedback(told)).decode(),
        }

    def printed(self) -> str:
        """Return what the operator sees of it."""
        return json.dumps(dossier.plain(summary(self.outcome)), ensure_ascii=False)


def refused(bench: Bench, program: str, **service: object) -> Told:
    deploy = {"backend": "process", "command": "python server.py {port}"}
    bench.git("checkout", "-q", "main")
    recipient = {"recipients": [bench.exam.recipient]}
    bench.policy(services={"api": {"deploy": deploy, **recipient, **service}})
    bench.git("commit", "-q", "-a", "-m", "deploy")
    bench.git("checkout", "-q", "-b", "spy")
    (bench.root / "server.py").write_text(program)
    bench.git("add", "server.py")
    bench.git("commit", "-q", "-m", "spy")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", bench.root / ".venv"], check=True
    )
    (bench.root / ".venv" / "token").write_text(TOKEN)
    surroundings = {**os.environ, "RELEASE_PHRASE": PHRASE, "PIN": "8731"}
    outcome = evaluate(bench.wanted("spy"), bench.parts(environment=surroundings), Quiet())
    assert {one.stage for one in outcome.troubles} == {Stage.DEPLOY_PR}
    return Told(outcome, bench.root)


@pytest.fixture(scope="module")
def anyway(tmp_path_factory, no_past, signer) -> str:
    """What an author is given of a start that printed nothing: words in it are no evidence."""
    with served() as serving:
        root = tmp_path_factory.mktemp("printing-nothing") / "repository"
        told = refused(make_bench(root, serving, no_past, signer), "raise SystemExit(1)")
    return "\n".join(told.views().values())


def of_the_machine(root: Path, anyway: str) -> list[str]:
    """Return words that stand for this machine and for nothing else.

    A folder may be called as a report says things, such as ``suite``; a whole path says which.
    """
    folders = [root, Path(tempfile.gettempdir()), Path.home(), Path(sys.prefix), Path.cwd()]
    words = {part for folder in folders for part in folder.parts if len(part) > 4}
    words |= {*map(str, folders), platform.node(), platform.release()}
    evidence = {word for word in words if word not in anyway}
    paths = {str(folder) for folder in folders if len(folder.parts) > 2}
    return sorted({*evidence, *paths, "/usr/", "/proc", "/lib", "sigil-"})


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
def test_what_the_operator_sees_of_the_machine_its_author_does_not(new_bench, program, anyway):
    told = refused(new_bench, SPY % program)
    assert str(told.repository) in told.printed()
    assert TOKEN in told.printed()
    secret = [*of_the_machine(told.repository, anyway), TOKEN]
    for view, text in told.views().items():
        shown = text.replace("\\/", "/").replace("%2F", "/")
        assert (view, [word for word in secret if word in shown]) == (view, [])
        assert "RuntimeError: …" in text.replace("\\u2026", "…")
        assert 'File "server.py", line 7' in text.replace('\\"', '"')


def test_a_value_of_the_vault_is_a_name(new_bench):
    told = refused(
        new_bench, f"raise SystemExit('{PHRASE}, {PHRASE[:4]} 8731')", env=["RELEASE_PHRASE", "PIN"]
    )
    for text in told.views().values():
        assert "__RELEASE_PHRASE__, corr __PIN__" in text
