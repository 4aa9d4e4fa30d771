import pytest

from sigil.llm.exchanges import MAX_TEXT, clean_reply
from sigil.llm.model import Reply
from sigil.search.patch import check, diff
from sigil.search.pins import Pin
from sigil.search.replies import MAX_CHARACTERS, MAX_LINES, note_of, read_reply

SOURCE = """\
import math


def f(x):
    y = x
    return y


class C:
    def m(self, a):
        if a:
            return 1
        return 2


def g(x):
    y = x
    return y
"""
FILES = {"a.py": SOURCE}
F = Pin("f", None, ("a.py",), "f")
M = Pin("m", None, ("a.py",), "C.m")
PINS = [F, M]
BETTER = SOURCE.replace("    y = x\n    return y", "    return math.sqrt(x)", 1)
SQUARED = """\
--- a/a.py
+++ b/a.py
@@ -4,3 +4,2 @@
 def f(x):
-    y = x
-    return y
+    return math.sqrt(x)
"""


def fenced(text, info=""):
    return f"Take the root.\n\n```{info}\n{text}```\n"


def block(search, replace, path="a.py\n"):
    return f"{path}<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


def after(answer, files=FILES, pins=PINS):
    reading = read_reply(answer, files, pins)
    assert reading.failure is None, reading.failure
    return check(reading.patch, files, pins)


def failure(answer, files=FILES, pins=PINS):
    reading = read_reply(answer, files, pins)
    assert reading.patch == ""
    return reading.failure


F_BODY = "def f(x):\n    y = x\n    return y\n"
F_ROOT = "def f(x):\n    return math.sqrt(x)\n"


@pytest.mark.parametrize(
    "answer",
    [
        fenced(SQUARED, "diff"),
        fenced(SQUARED, "patch"),
        fenced(SQUARED),
        fenced(SQUARED).replace("```", "~~~~"),
        f"Root.\n{SQUARED}",
        fenced(SQUARED.replace("-4,3 +4,2", "-90,1 +7,40"), "diff"),
        fenced(SQUARED.replace("@@ -4,3 +4,2 @@", "@@ ... @@"), "diff"),
        fenced(SQUARED, "diff").replace("\n", "\r\n"),
        fenced(SQUARED.replace(" def f(x):", " def f(x):  \t"), "diff"),
        block(F_BODY, F_ROOT),
        "Root it.\n" + fenced(block(F_BODY, F_ROOT), "python"),
        fenced(block(F_BODY, F_ROOT, path=""), "python"),
        "In `a.py`:\n" + block(F_BODY, F_ROOT, path="### `a.py`:\n\n"),
        block(F_BODY, F_ROOT, path=""),
        block(F_BODY.replace("y\n", "y   \n"), F_ROOT),
        block(F_BODY, F_ROOT).replace("\n", "\r\n"),
        fenced(F_ROOT, "python"),
        fenced("import math\n\n\n" + F_ROOT),
        fenced(F_ROOT) + "It runs as\n" + fenced("f(2)\n", "text"),
        fenced(BETTER, "python a.py"),
        fenced(BETTER, "python"),
        "a.py\n```python\n" + BETTER + "```",
    ],
)
def test_every_form_of_the_same_change_gives_the_same_patch(answer):
    assert after(answer) == {"a.py": BETTER}


def test_several_blocks_are_all_about_the_parent():
    changed = after(
        block("        return 2\n", "        return 3\n")
        + block("            return 1\n", "            return 2\n")
    )
    expected = SOURCE.replace("return 2", "return 3").replace("return 1", "return 2")
    assert changed == {"a.py": expected}


@pytest.mark.parametrize("lead", ["", "class C:\n"])
def test_a_method_is_replaced_by_its_name(lead):
    indent = "    " if lead else ""
    method = f"{lead}{indent}def m(self, a):\n{indent}    return a\n"
    expected = SOURCE.replace(
        "        if a:\n            return 1\n        return 2\n", "        return a\n"
    )
    assert after(fenced(method, "python")) == {"a.py": expected}


@pytest.mark.parametrize(
    "aside",
    [
        fenced("$ python -m pytest\n", "console"),
        fenced("from a import f\n\nprint(f(2))\n", "python"),
    ],
)
def test_a_block_that_is_for_no_pin_is_passed_over(aside):
    assert after(fenced(F_ROOT) + aside) == {"a.py": BETTER}


def test_no_part_of_an_answer_is_lost_because_another_one_is_right():
    assert "does not parse" in failure(fenced(F_ROOT) + fenced("def m(self, a):\n    retrun a\n"))


def test_two_definitions_may_come_in_two_blocks():
    changed = after(fenced(F_ROOT) + fenced("def m(self, a):\n    return a\n"))
    assert "return math.sqrt" in changed["a.py"]
    assert "        return a\n" in changed["a.py"]


def test_lines_that_stand_twice_are_those_that_may_change():
    # The same two lines stand in g, which is not pinned.
    changed = after(block("    y = x\n    return y\n", "    return x\n"))
    assert changed["a.py"] == SOURCE.replace("    y = x\n    return y", "    return x", 1)


def test_a_whole_file_may_be_pinned():
    pins = [Pin("all", None, ("*.py",))]
    assert after(fenced("x = 1\n"), pins=pins) == {"a.py": "x = 1\n"}


def test_a_function_takes_the_place_of_its_own_in_a_file_that_is_pinned_whole():
    pins = [Pin("all", None, ("*.py",))]
    assert after(fenced(F_ROOT), pins=pins) == {"a.py": BETTER}


def test_a_new_file_of_a_glob_may_come():
    pins = [Pin("all", None, ("*.py",))]
    assert after(block("", "x = 1\n", "b.py\n"), pins=pins) == {**FILES, "b.py": "x = 1\n"}


def test_a_new_file_is_written_once():
    pins = [Pin("all", None, ("*.py",))]
    said = failure(block("", "x = 1\n", "b.py\n") + block("", "x = 2\n", "b.py\n"), pins=pins)
    assert "answer:7: block 2 writes b.py a second time" in said


MARKED = "a = 1\n# sigil: begin p\nb = 2\n# sigil: end p\nc = 3\n"
MARKED_PIN = [Pin("p", None, ("m.py",))]


@pytest.mark.parametrize("given", ["b = 4\n", "# sigil: begin p\nb = 4\n# sigil: end p\n"])
def test_the_lines_between_markers_may_be_given_whole(given):
    changed = after(fenced(given), {"m.py": MARKED}, MARKED_PIN)
    assert changed == {"m.py": MARKED.replace("b = 2", "b = 4")}


def test_a_function_of_another_language_is_replaced_by_its_name():
    text = "int f(int x) {\n  return x;\n}\n\nint g(int x) {\n  return x;\n}\n"
    given = "int f(int x) {\n  return x * x;\n}\n"
    files = {"a.c": text}
    changed = after(fenced(given, "c"), files, [Pin("f", None, ("a.c",), "f")])
    assert changed == {"a.c": text.replace("return x;", "return x * x;", 1)}


@pytest.mark.parametrize("answer", [fenced(SQUARED, "diff"), block(F_BODY, F_ROOT), fenced(F_ROOT)])
def test_a_file_keeps_its_line_ends(answer):
    files = {"a.py": SOURCE.replace("\n", "\r\n")}
    assert after(answer, files) == {"a.py": BETTER.replace("\n", "\r\n")}


@pytest.mark.parametrize("answer", [fenced(SQUARED, "diff"), block(F_BODY, F_ROOT), fenced(F_ROOT)])
def test_lines_that_stay_keep_their_own_ends_in_a_mixed_file(answer):
    def mixed(text):
        return text.replace("\n", "\r\n").replace("def f(x):\r\n", "def f(x):\n")

    assert after(answer, {"a.py": mixed(SOURCE)}) == {"a.py": mixed(BETTER)}


@pytest.mark.parametrize("answer", [block("return 2", "return 3"), "```diff\n--- a/a.py\n```"])
def test_half_a_line_is_not_a_place(answer):
    assert failure(answer)


@pytest.mark.parametrize("form", ["diff", "block", "whole"])
def test_a_file_without_a_last_line_feed_stays_so(form):
    text = "def h(x):\n    return x"
    answers = {
        "diff": fenced(
            "--- a/h.py\n+++ b/h.py\n@@ @@\n def h(x):\n-    return x\n+    return 2\n", "diff"
        ),
        "block": block("    return x\n", "    return 2\n", "h.py\n"),
        "whole": fenced("def h(x):\n    return 2\n"),
    }
    changed = after(answers[form], {"h.py": text}, [Pin("h", None, ("h.py",), "h")])
    assert changed == {"h.py": "def h(x):\n    return 2"}


WRONG = SQUARED.replace("-    return y", "-    return z")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "holds no change"),
        ("I would rather not.", "holds no change"),
        (
            fenced(WRONG, "diff"),
            "answer:6: hunk 1 of a.py does not apply: line 6 should be '    return z', there",
        ),
        (
            fenced(SQUARED.replace("     y", "\ty").replace("-    y", "-\ty"), "diff"),
            r"line 5 should be '\ty = x', there stands '    y = x'",
        ),
        (fenced(SQUARED.replace("f(x):", "f(x, z):"), "diff"), "no line 'def f(x, z):'"),
        (fenced("--- a/a.py\nnonsense\n", "diff"), "expected `+++ b/"),
        (fenced(SQUARED.replace("sqrt(x)", "sqrt(x"), "diff"), "answer:10: hunk 1"),
        (
            fenced("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-import math\n+import cmath\n", "diff"),
            "line 1 is outside the pins: 'import math'",
        ),
        (fenced(SQUARED.replace("a.py", "b.py"), "diff"), "b.py is not"),
        (fenced(SQUARED.replace("a.py", "../a.py"), "diff"), "is not allowed"),
        ("Root.\n```diff\n" + SQUARED, "answer:2: the fenced block that begins here never ends"),
        (fenced(SQUARED, "diff") + block(F_BODY, F_ROOT), "use one form"),
        (block("    y = z\n", ""), "answer:2: the search of block 1 does not fit a.py: the file"),
        (block("", "x = 1\n"), "block 1 searches for nothing"),
        (block("    y = x\n    return z\n", ""), "line 6 should be '    return z'"),
        (block(F_BODY, F_ROOT, "b.py\n"), "block 1: b.py is not pinned"),
        (block(F_BODY, F_ROOT).replace("=======\n", ""), "block 1 has no `=======`"),
        (block(F_BODY, F_ROOT).replace(">>>>>>>", ">>"), "block 1 has no `=======`"),
        (block(F_BODY, F_ROOT + "=======\n"), "answer:9: block 1 holds a marker"),
        (block(F_BODY, F_ROOT) * 2, "two changes touch line 4"),
        (block("import math\n", "import cmath\n"), "outside the pins"),
        (block("def f(x):\n", "def f(x, y):\n"), "the interface of pin f changes"),
        (fenced("def h(x):\n    return 1\n"), "defines nothing that is pinned"),
        (fenced("def f(x):\n    retrun x\n", "python"), "answer:5: the block does not parse"),
        (fenced("import numpy\n" + F_ROOT), "answer:4: 'import numpy' is beside the pinned code"),
        (fenced(F_ROOT) + fenced(F_ROOT.replace("sqrt", "exp")), "two changes touch line 4"),
        (fenced("def f(x):\n    # ... as before\n    return 1\n"), "answer:5: code is left out"),
        (fenced("def f(x, y):\n    return 1\n"), "the interface of pin f changes"),
        ("x" * (10 * 2**20), f"at most {MAX_CHARACTERS} on {MAX_LINES} are read"),
        ("\n" * (2 * MAX_LINES), f"at most {MAX_CHARACTERS} on {MAX_LINES} are read"),
        (fenced(SQUARED + "\ud83d", "diff"), "answer:11: not text: the character U+D83D"),
        (fenced(SQUARED + "\0", "diff"), "not text: the character U+0000"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(answer, said):
    assert said in failure(answer)


def test_lines_that_stand_twice_where_they_may_change_are_refused():
    files = {"a.py": "def f(x):\n    x += 1\n    x += 2\n    x += 1\n    return x\n"}
    said = failure(block("    x += 1\n", "    x += 3\n"), files, [F])
    assert "its lines stand more than once: at lines 2, 4; quote more lines" in said


def test_lines_that_stand_in_two_files_need_a_path():
    files = {"a.py": "def f(x):\n    return x\n", "b.py": "def f(x):\n    return x\n"}
    pins = [Pin("a", None, ("a.py",), "f"), Pin("b", None, ("b.py",), "f")]
    search, new = "    return x\n", "    return 1\n"
    assert "does not say which file" in failure(block(search, new, ""), files, pins)
    changed = after(block(search, new, "b.py\n"), files, pins)
    assert changed == {**files, "b.py": "def f(x):\n    return 1\n"}


@pytest.mark.parametrize(
    "answer",
    [
        "```diff\n```",
        block(F_BODY, F_BODY),
        fenced(F_BODY),
        fenced(SOURCE, "python a.py"),
    ],
)
def test_an_answer_that_means_no_change_is_not_to_be_mended(answer):
    reading = read_reply(answer, FILES, PINS)
    assert (reading.patch, reading.failure) == ("", "the answer changes nothing")
    assert not reading.mendable


def test_a_diff_of_several_files_may_come_in_several_blocks():
    files = {"a.py": SOURCE, "b.py": "def f(x):\n    return x\n"}
    pins = [*PINS, Pin("b", None, ("b.py",), "f")]
    other = "--- a/b.py\n+++ b/b.py\n@@ -1,2 +1,2 @@\n def f(x):\n-    return x\n+    return 1\n"
    changed = after(fenced(SQUARED, "diff") + fenced(other, "diff"), files, pins)
    assert changed == {"a.py": BETTER, "b.py": "def f(x):\n    return 1\n"}


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        ("\n\nRoot.\nMore.", "Root."),
        (fenced(SQUARED, "diff"), "Take the root."),
        (SQUARED, "no comment"),
        ("```diff\n```", "no comment"),
        ("", "no comment"),
        ("Key sk-aaaaaaaaaaaaaaaaaaaaaaaa.", "Key [redacted]."),
    ],
)
def test_a_note_is_the_first_line_of_prose(reply, note):
    assert note_of(reply) == note


def test_a_note_is_one_short_printable_line():
    assert note_of("\n\n\x1b[31mRed " + "x" * 500).startswith(r"\x1b[31mRed x")
    assert len(note_of("x" * 500)) == 160


def test_a_patch_is_written_exactly_whatever_the_answer_said():
    answer = fenced(SQUARED.replace("-4,3 +4,2", "-40,3 +4,2"), "diff")
    assert read_reply(answer, FILES, PINS).patch == diff(FILES, {"a.py": BETTER})


def test_what_stood_for_a_secret_in_the_prompt_is_never_written():
    text = "def f(x):\n    key = 'sk-aaaaaaaaaaaaaaaaaaaaaaaa'\n    return x\n"
    shown = "def f(x):\n    key = '[redacted]'\n    return x + 1\n"
    assert "stands for text that was not shown" in failure(fenced(shown), {"a.py": text}, [F])


SAME = {"a.txt": "a\n" * 20_000}
LONG = "a\n" * 19_000


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (block(f"{LONG}b\n", "c\n", "a.txt\n"), "line 19001 should be 'b'"),
        (
            fenced("--- a/a.txt\n+++ b/a.txt\n@@ @@\n" + LONG.replace("a", " a") + "-b\n", "diff"),
            "line 19001 should be 'b'",
        ),
        (block("a\n", "b\n", "a.txt\n") * 3_000, "block 501 is one too many"),
        (fenced("--- a/a.txt\n+++ b/a.txt\n" + "@@\n-a\n" * 9_000, "diff"), "than 500 hunks"),
        ("```\na\n```\n" * 6_000, "6000 fenced blocks"),
        ("```a\n````b\n" * 9_000, "never ends"),
        ("<<<<<<< SEARCH\n" * 17_000, "block 1 has no"),
        ("x" + " *" * 130_000 + "!\n```\na\n```\n", ""),
        ("a/" * 130_000 + "!\n```\na\n```\n", ""),
        (" " * 260_000, "holds no change"),
    ],
    ids=lambda value: value[:20].encode("unicode_escape").decode(),
)
@pytest.mark.timeout(10)
def test_an_answer_that_is_made_to_be_slow_is_read_soon(answer, said):
    reading = read_reply(answer, SAME, [Pin("all", None, ("*.txt",))])
    assert said in (reading.failure or "")


def test_an_answer_that_was_cut_before_it_was_recorded_is_told_to_be_too_long():
    text = f"Shorter.\n{block(F_BODY, F_ROOT)}" + "x" * (2 * MAX_TEXT)
    cut = clean_reply(Reply(text, "m")).text
    assert f"at most {MAX_CHARACTERS} on" in (read_reply(cut, FILES, PINS).failure or "")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("times", [501, 9000])
def test_a_definition_that_is_given_again_and_again_is_refused_soon(times):
    said = failure(fenced("def f(x):\n    return 1\n" * times, "python"))
    assert said.startswith(f"answer:4: the block gives {times} pinned definitions; at most 500")


def test_a_definition_given_twice_in_the_same_words_is_one():
    assert after(fenced(F_ROOT) + fenced(F_ROOT)) == {"a.py": BETTER}
