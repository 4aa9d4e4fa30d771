"""Whole runs whose candidates are not Python, or are of several files: all of it is measured."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import open_workspace
from sigil.testing.model_server import ModelServer

pytest.importorskip("openai")
pytest.importorskip("tree_sitter")

COMMAND = """\
version: "0.1"
name: points
build: {build}
metrics: [{{id: wrong, kind: numeric, command: {command}, parse: 'wrong=([0-9]+)'}}]
aggregate: {{objective: min(wrong)}}
accept: {{rule: wrong == 0}}
"""
CALLS = """\
version: "0.1"
name: points
inputs: {cases: [{args: [2], expected: 4}, {args: [3], expected: 9}]}
metrics:
  - {id: first, kind: call, function: square.py:square, measure: error}
  - {id: second, kind: call, function: deep/more.py:more, measure: error}
aggregate: {objective: "min(first), min(second)"}
accept: {rule: first <= 0.01 and second <= 0.01}
"""
BOTH = """\
Both files.

```diff
--- a/square.py
+++ b/square.py
@@ -1,2 +1,2 @@
 def square(x):
-    return x
+    return x * x
--- a/deep/more.py
+++ b/deep/more.py
@@ -1,2 +1,2 @@
 def more(x):
-    return x
+    return x**2
```
"""

SYSTEM = "/usr/local/bin:/usr/bin:/bin"
"""Where a sealed command finds programs; those of somebody's home are not among them."""


@dataclass(frozen=True)
class Language:
    """A program that counts how often a function does not square.

    Args:
        needs: what has to be installed.
        path: of the source.
        before: its lines before the function.
        function: with WORK where the answer is computed.
        after: the lines that call it.
        build: commands, as a list of YAML.
        command: prints how many answers are wrong.
    """

    needs: str
    path: str
    before: str
    function: str
    after: str
    build: str
    command: str

    @property
    def source(self) -> str:
        return "\n".join((self.before, self.written("x"), self.after))

    def written(self, work: str) -> str:
        return self.function.replace("WORK", work)


LANGUAGES = {
    "c": Language(
        "cc",
        "square.c",
        "#include <stdio.h>\n",
        "static int square(int x)\n{\n    return WORK;\n}\n",
        "int main(void)\n{\n    int wrong = 0;\n"
        "    for (int i = 0; i < 10; i++) wrong += square(i) != i * i;\n"
        '    printf("wrong=%d\\n", wrong);\n    return 0;\n}\n',
        "[cc -o square square.c]",
        "./square",
    ),
    "javascript": Language(
        "node",
        "square.js",
        '"use strict";\n',
        "function square(x) {\n  return WORK;\n}\n",
        "let wrong = 0;\nfor (let i = 0; i < 10; i++) wrong += square(i) !== i * i;\n"
        "console.log(`wrong=${wrong}`);\n",
        "[]",
        "node square.js",
    ),
    "java": Language(
        "javac",
        "Square.java",
        "final class Square {",
        "    static int square(int x) {\n        return WORK;\n    }\n",
        "    public static void main(String[] given) {\n        int wrong = 0;\n"
        "        for (int i = 0; i < 10; i++) wrong += square(i) == i * i ? 0 : 1;\n"
        '        System.out.println("wrong=" + wrong);\n    }\n}\n',
        "[javac -d out Square.java]",
        "java -cp out Square",
    ),
}


def search(repository: Path, answer: str) -> Summary:
    """Return a run of one candidate, which a model wrote."""
    with ModelServer(lambda request, number: answer) as server:
        entry = {"provider": "openai-compatible", "model": "any", "base_url": server.openai_url}
        models = {"optimizer_params": {"simple": {"models": {"default_llm": entry}}}}
        (repository / ".sigil" / "sigil.yaml").write_text(json.dumps(models))
        spec = load_spec(repository, "square")
        plan = make_plan(spec, None, {"lanes": 1, "budget_evals": 1})
        return run(plan, open_workspace(spec, "w"), Silent())


def measured(summary: Summary) -> tuple[dict[str, float], dict[str, float]]:
    """Return the values of the unchanged code, and of the winner when it was confirmed."""
    baseline, winner = summary.history.baseline, summary.history.chosen(None).confirmed
    assert baseline is not None
    assert winner is not None
    before, after = (
        {name: found.value for name, found in one.metrics.items()} for one in (baseline, winner)
    )
    return before, after


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_candidate_in_another_language_is_built_measured_and_accepted(
    repository: Path, name: str
) -> None:
    language = LANGUAGES[name]
    if shutil.which(language.needs, path=SYSTEM) is None:
        pytest.skip(f"there is no {language.needs} in {SYSTEM}")
    (repository / language.path).write_text(language.source)
    pins = f"[{{id: s, language: {name}, files: [{language.path}], symbol: square}}]"
    (repository / ".sigil" / "square.sigil.yaml").write_text(
        f'version: "0.1"\nname: square\nevals: [points]\npins: {pins}\n'
    )
    (repository / ".sigil" / "points.eval.yaml").write_text(
        COMMAND.format(build=language.build, command=language.command)
    )
    answer = f"Squared.\n\n```{name}\n{language.written('x * x')}```\n"
    assert measured(search(repository, answer)) == ({"wrong": 8}, {"wrong": 0})


def test_a_candidate_of_two_files_is_measured_with_both_changed(repository: Path) -> None:
    home = repository / ".sigil"
    (repository / "deep").mkdir()
    (repository / "deep" / "more.py").write_text("def more(x):\n    return x\n")
    spec = home / "square.sigil.yaml"
    more = "  - {id: more, language: python, files: [deep/more.py], symbol: more}\n"
    spec.write_text(spec.read_text() + more)
    home.joinpath("points.eval.yaml").write_text(CALLS)
    before, after = measured(search(repository, BOTH))
    assert (before, after) == ({"first": 4, "second": 4}, {"first": 0, "second": 0})
