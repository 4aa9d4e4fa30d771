"""A spec with pins in several languages, and two specs in one repository, as a user types it."""

from pathlib import Path

import pytest
from tests.e2e.shell import Shell

from sigil.search.diffing import diff

pytestmark = pytest.mark.e2e

FILES = {
    "model.py": "def weight(x):\n    return 0.5 * x\n\n\ndef other():\n    return 0\n",
    "kernel.c": "#include <math.h>\n\nstatic double kernel(double x, int n)\n{\n"
    "    return x * n;\n}\n",
    "ui/app.ts": "export const scale = (x: number): number => {\n  return x * 2;\n};\n",
}
MIXED = """\
version: "0.1"
name: mixed
pins:
  - {id: weight, language: python, files: [model.py], symbol: weight}
  - {id: kernel, files: ["*.c"], symbol: kernel}
  - id: scale
    files: ["ui/*.ts"]
    ast_query: |
      ((export_statement
         (lexical_declaration (variable_declarator name: (identifier) @name))) @pin
       (#eq? @name "scale"))
"""
SINGLE = """\
version: "0.1"
name: single
pins:
  - {id: kernel, files: [kernel.c], symbol: kernel}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    root, home = tmp_path / "repository", tmp_path / "home"
    home.mkdir()
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / ".sigil").mkdir()
    (root / ".sigil" / "mixed.sigil.yaml").write_text(MIXED)
    (root / ".sigil" / "single.sigil.yaml").write_text(SINGLE)
    return Shell(root, home)


def validate(shell: Shell, spec: str, *changes: tuple[str, str]):
    after = dict(FILES)
    for old, new in changes:
        (path,) = [path for path, text in after.items() if old in text]
        after[path] = after[path].replace(old, new)
    (shell.folder / "change.diff").write_text(diff(FILES, after))
    return shell(f"sigil validate-patch --spec {spec} --patch-file change.diff")


WEIGHT = ("0.5 * x", "0.25 * x")
KERNEL = ("return x * n;", "return fma(x, n, 1.0);")
SCALE = ("x * 2", "x * 3")


def test_one_candidate_changes_three_files_in_three_languages(shell: Shell) -> None:
    done = validate(shell, "mixed", WEIGHT, KERNEL, SCALE)
    assert done.out == "valid: changes kernel.c, model.py, ui/app.ts inside the pins\n"
    assert done.code == 0


@pytest.mark.parametrize(
    ("bad", "code", "said"),
    [
        (("double x, int n", "double x, long n"), 25, "the interface of pin kernel changes"),
        (("return x * n;", "return x * ;"), 25, "kernel.c:5 does not parse after it"),
        (("(x: number)", "(x: string)"), 25, "the interface of pin scale changes"),
        (("def other():", "def others():"), 24, "line 5 is outside the pins"),
    ],
)
def test_what_is_wrong_in_one_file_refuses_the_candidate(
    shell: Shell, bad: tuple[str, str], code: int, said: str
) -> None:
    done = validate(shell, "mixed", WEIGHT, bad)
    assert done.code == code
    assert said in done.err
    assert done.err.count("\n") == 1


def test_each_spec_of_a_repository_has_its_own_pins(shell: Shell) -> None:
    assert validate(shell, "single", KERNEL).code == 0
    done = validate(shell, "single", WEIGHT, KERNEL)
    assert done.code == 24
    assert "model.py is not pinned" in done.err
