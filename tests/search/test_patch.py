import contextlib
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil.errors import (
    InvalidValue,
    MalformedPatch,
    PatchBreaksInterface,
    PatchDoesNotApply,
    PatchOutsidePins,
    SigilError,
)
from sigil.search.patch import apply, apply_reporting, check, check_reporting, diff, parse, recount
from sigil.search.pins import Pin

SOURCE = """\
import math

LIMIT = 10


def area(r: float, scale=1) -> float:
    # the area of a disc
    square = r * r
    return math.pi * square * scale


def other(x):
    return x
"""
FILES = {"src/a.py": SOURCE}
PINS = [Pin("area", "python", ("src/*.py",), "area")]
CHANGED = {"src/a.py": SOURCE.replace("r * r", "r ** 2")}

LINES = st.sampled_from(
    ["a", "b", "", "\r", "\f", "é\u2028x", "--- a/x", "+++ b/x", "@@ -1 +1 @@", "\\ No", "-- "]
) | st.text(max_size=5)
TEXTS = st.lists(LINES, max_size=12).map("\n".join)
TREES = st.dictionaries(st.sampled_from(["x", "a b/y", "z.py"]), TEXTS, max_size=3)


@settings(max_examples=400, deadline=None)
@given(TREES, TREES)
def test_applying_a_diff_gives_the_other_tree(before, after):
    assert apply(parse(diff(before, after)), before) == after


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_recounting_a_correct_diff_of_plain_lines_changes_nothing(before, after):
    patch = diff({"x": before}, {"x": after})
    signed = [line for line in patch.split("\n") if line[1:].startswith(("-- ", "++ ", "@@"))]
    if not signed:
        assert apply(parse(recount(patch)), {"x": before}) == {"x": after}


@given(st.text(max_size=200))
def test_any_text_is_a_patch_or_malformed(text):
    with contextlib.suppress(MalformedPatch):
        parse(text)


def test_equal_trees_have_no_diff():
    assert not diff(FILES, FILES)


def test_an_empty_patch_changes_nothing():
    assert check("", FILES, PINS) == FILES


def test_git_applies_what_we_write(tmp_path):
    before = {"src/a.py": SOURCE, "gone": "x\n", "empty": "", "tail": "a\nb"}
    after = {**CHANGED, "new": "y", "blank": "", "tail": "a\nc\n"}
    for path, text in before.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, newline="")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(
        ["git", "apply", "-"], cwd=tmp_path, input=diff(before, after), text=True, check=True
    )
    left = {
        str(p.relative_to(tmp_path)): p.read_text()
        for p in tmp_path.rglob("*")
        if p.is_file() and ".git" not in p.parts
    }
    assert left == after


def test_we_apply_what_git_writes(tmp_path):
    for place, files in (("old", FILES), ("new", CHANGED)):
        (tmp_path / place).mkdir()
        (tmp_path / place / "f").write_text(files["src/a.py"])
    command = ["git", "diff", "--no-index", "old/f", "new/f"]
    shown = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout
    shown = shown.replace("old/f", "src/a.py").replace("new/f", "src/a.py")
    assert check(f"From: a mail\n---\n stat\n\n{shown}-- \n2.39\n", FILES, PINS) == CHANGED


def test_a_huge_replacement_is_diffed_in_bounded_time():
    before, after = {"x": "a\n" * 20_000 + "b\n"}, {"x": "c\n" + "a\n" * 20_001}
    assert apply(parse(diff(before, after)), before) == after


@pytest.mark.parametrize("path", ["a\nb", 'a"b', " a", "a\\b"])
def test_a_path_that_a_header_cannot_carry_is_refused(path):
    with pytest.raises(InvalidValue):
        diff({}, {path: "x"})


# --- reading ----------------------------------------------------------------------------

GOOD = diff(FILES, CHANGED)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hello", "p.diff:1: expected `--- a/…`, found 'hello'"),
        ("--- a/x\nfoo\n", r"p.diff:2: expected `\+\+\+ b/…`"),
        ("--- a/x\n+++ b/x\n", "p.diff:3: no hunk after"),
        ("--- a/x\n+++ b/x\n@@ nonsense\n", "p.diff:3: hunk 1: not a hunk header"),
        ("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n", "p.diff:4: hunk 1 ends too early"),
        ("--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n a\n+b\n", "p.diff:5: hunk 1: a line beyond"),
        ("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n?b\n", "p.diff:5: hunk 1: neither"),
        ("--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", "x becomes y: a rename"),
        ("diff --git a/x b/y\nrename from x\nrename to y\n", "p.diff:2: a renamed file"),
        ("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "p.diff:2: a changed mode"),
        ("diff --git a/x b/x\nnew file mode 120000\n", "only plain files"),
        ("diff --git a/x b/x\nnew file mode 100755\n", "only plain files"),
        ("diff --git a/x b/x\nGIT binary patch\n", "a binary file"),
        ("diff --git a/x b/x\nBinary files a/x and b/x differ\n", "a binary file"),
        (GOOD + GOOD, "src/a.py is changed twice"),
        ("x" * (2**20 + 1), "larger than 1 MiB"),
    ],
)
def test_a_malformed_patch_is_refused_with_its_line(text, problem):
    with pytest.raises(MalformedPatch, match=problem):
        parse(text, "p.diff")


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "a/../../x", "./x", "a//b", ".git/hooks/x", "C:/x", "a\\b", '"a\\tb"'],
)
def test_a_path_that_tricks_is_refused(path):
    text = f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n"
    with pytest.raises(MalformedPatch, match="is not allowed"):
        parse(text)


def test_plain_diff_headers_with_time_stamps_are_read():
    text = "--- x\t2020-01-01\n+++ x\t2020-01-02\n@@ -1 +1 @@\n-a\n+b\n"
    assert apply(parse(text), {"x": "a\n"}) == {"x": "b\n"}


def test_the_command_lines_that_diff_prints_are_read_over():
    text = "diff -u old/x new/x\n--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n"
    assert apply(text, {"x": "a\n"}) == {"x": "b\n"}


def test_an_empty_context_line_may_have_lost_its_blank():
    text = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n"
    assert apply(parse(text), {"x": "a\n\nb\n"}) == {"x": "a\n\nc\n"}


# --- applying ---------------------------------------------------------------------------


def test_a_hunk_with_wrong_line_numbers_moves_to_where_its_lines_stand():
    applied = check_reporting(GOOD.replace("@@ -5,7 +5,7", "@@ -1,7 +1,7"), FILES, PINS)
    assert applied.files == CHANGED
    assert applied.repairs == ("patch:3: hunk 1 of src/a.py moved from line 1 to 5",)


def test_a_hunk_that_fits_in_two_places_is_refused():
    text = "--- a/x\n+++ b/x\n@@ -9 +9 @@\n-a\n+b\n"
    with pytest.raises(PatchDoesNotApply, match="its lines stand 2 times: lines 1, 3"):
        apply(parse(text), {"x": "a\nc\na\n"})


def test_a_hunk_whose_lines_are_not_there_says_what_stands_there():
    with pytest.raises(PatchDoesNotApply, match=r"p:3: hunk 1 of src/a\.py .*line 8 should be "):
        check(GOOD.replace("-    square = r * r", "-    square = r + r"), FILES, PINS, source="p")


def test_white_space_is_not_ignored():
    tabs = {"src/a.py": SOURCE.replace("    ", "\t")}
    with pytest.raises(PatchDoesNotApply):
        check(GOOD, tabs, PINS)


def test_line_endings_that_differ_are_named():
    with pytest.raises(PatchDoesNotApply, match="line endings differ"):
        check(GOOD, {"src/a.py": SOURCE.replace("\n", "\r\n")}, PINS)


def test_crlf_and_tabs_are_kept():
    before = {"src/a.py": SOURCE.replace("\n", "\r\n").replace("    ", "\t")}
    after = {"src/a.py": before["src/a.py"].replace("r * r", "r ** 2")}
    assert check(diff(before, after), before, PINS) == after


def test_a_second_hunk_is_placed_after_the_first():
    before = {"x": "".join(f"{i}\n" for i in range(40))}
    after = {"x": before["x"].replace("3\n", "3\n3.5\n", 1).replace("30\n", "")}
    patch = diff(before, after)
    assert patch.count("@@ -") == 2
    assert apply_reporting(parse(patch), before).repairs == ()


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(PatchDoesNotApply, match=r"src/b\.py is not there"):
        check(GOOD.replace("a.py", "b.py"), FILES, PINS)


# --- judging ----------------------------------------------------------------------------


def propose(old, new, *, files=FILES, pins=PINS):
    (path,) = files
    assert old in files[path]
    return check(diff(files, {path: files[path].replace(old, new, 1)}), files, pins, source="p")


def test_a_change_of_the_pinned_body_passes():
    assert check(GOOD, FILES, PINS) == CHANGED


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("LIMIT = 10", "LIMIT = 11", "line 3 is outside the pins"),
        ("    return x\n", "    return 2 * x\n", "line 13 is outside the pins"),
        ("import math\n", "import math, os\n", "line 1 is outside the pins"),
        ("* scale\n", "* scale\n\nevil()\n", ""),
        ("* scale\n", "* scale\n\ndef area2(): pass\n", ""),
        ("def area(", "X = 1\ndef area(", ""),
        ("return x\n", "return x", "line 13"),
    ],
)
def test_a_change_beside_the_pin_is_refused_with_hunk_and_line(old, new, line):
    with pytest.raises(PatchOutsidePins, match=rf"p:\d+: hunk 1 of src/a\.py: .*{line}"):
        propose(old, new)


def test_the_line_of_the_patch_is_named():
    with pytest.raises(
        PatchOutsidePins, match=r"^p:6: hunk 1 .*'LIMIT = 10'; change src/a\.py:6-9"
    ):
        propose("LIMIT = 10", "LIMIT = 11")


def test_a_change_of_the_body_at_its_edge_passes_however_the_diff_aligns_it():
    source = "def f(x):\n    a = 1\n    return a\n\n\ndef g(x):\n    a = 1\n    return a\n"
    files, pins = {"src/a.py": source}, [Pin("f", None, ("src/*.py",), "f")]
    propose("    return a\n", "    return a\n\n\n    return a\n", files=files, pins=pins)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("r: float", "r: int"),
        ("scale=1", "scale=2"),
        ("scale=1", "scale=1, *more"),
        ("-> float", "-> int"),
        ("def area", "async def area"),
        ("def area", "@staticmethod\ndef area"),
    ],
)
def test_a_changed_signature_is_refused(old, new):
    with pytest.raises(PatchBreaksInterface, match=r"p:\d+: hunk 1 .*the interface of pin area"):
        propose(old, new)


def test_a_renamed_function_is_refused():
    with pytest.raises(PatchBreaksInterface, match="'area' is not defined"):
        propose("def area", "def arena")


def test_layout_comments_and_harmless_decorators_of_the_header_may_change():
    propose(
        "def area(r: float, scale=1)", "@cache\ndef area(\n    r: float,  # radius\n    scale=1\n)"
    )


def test_a_result_that_does_not_parse_names_the_line_of_the_patch():
    with pytest.raises(
        PatchBreaksInterface, match=r"^p:8: hunk 1: src/a\.py:8 does not parse .*: 'square = r \*'"
    ):
        propose("square = r * r", "square = r *")


def test_a_bare_carriage_return_is_refused():
    with pytest.raises(PatchBreaksInterface, match="bare carriage return"):
        propose("r * r", "r * r\revil()")


def test_a_string_that_swallows_the_rest_is_refused():
    source = 'def f():\n    return 1\n\n\nX = """doc"""\n'
    files, pins = {"src/a.py": source}, [Pin("f", None, ("src/*.py",), "f")]
    with pytest.raises((PatchOutsidePins, PatchBreaksInterface)):
        propose("return 1", 'return """', files=files, pins=pins)


MARKED = '''\
def f():
    # sigil: begin p
    x = 1
    # sigil: end p
    y = """ # """
    return x
'''
MARKER_PINS = [Pin("p", "python", ("m.py",))]


def test_text_between_markers_may_change():
    after = propose("x = 1", "x = 2\n    z = 3", files={"m.py": MARKED}, pins=MARKER_PINS)
    assert "z = 3" in after["m.py"]


AROUND = """\
def f(x):
    try:
        # sigil: begin p
        y = 1
        # sigil: end p
        z = 2
    except ValueError:
        pass
    return [
        # sigil: begin q
        1,
        # sigil: end q
        len(\'\'\' # \'\'\'),
    ]
# sigil: begin top
A = 1
# sigil: end top
def g(): pass
"""
AROUND_PINS = [Pin(name, "python", ("m.py",)) for name in ("p", "q", "top")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        y = 1\n", "        y = 1\n        if y:\n            pass\n"),
        ("        1,\n", "        1, 2,\n"),
        ("A = 1\n", "A = 1\nB = [\n  2]\n\n\ndef h():\n    return 1\n"),
    ],
)
def test_whole_statements_between_markers_pass(old, new):
    propose(old, new, files={"m.py": AROUND}, pins=AROUND_PINS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        y = 1\n", "        y = 1\n    except KeyError:\n"),
        ("        y = 1\n", "        pass\n    except E: pass\n    else:\n"),
        ("        1,\n", "        '''\n"),
        ("A = 1\n", "@evil\n"),
    ],
    ids=["handler", "else", "string", "decorator"],
)
def test_what_stands_between_markers_may_not_take_over_the_code_after_it(old, new):
    # Not a byte outside the markers differs, and most of these parse.
    with pytest.raises((PatchOutsidePins, PatchBreaksInterface)):
        propose(old, new, files={"m.py": AROUND}, pins=AROUND_PINS)


def test_a_string_may_not_reach_out_of_the_markers():
    # It would parse: the quotes after the marker turn from an opening into an end.
    with pytest.raises(PatchOutsidePins, match="takes over code"):
        propose("x = 1", 'x = """', files={"m.py": MARKED}, pins=MARKER_PINS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    # sigil: begin p\n", ""),
        ("begin p", "begin q"),
        ("x = 1\n", "x = 1\n    # sigil: end p\n    # sigil: begin p\n"),
        ("return x", "return 7"),
    ],
)
def test_markers_and_what_is_around_them_must_stay(old, new):
    with pytest.raises((PatchOutsidePins, PatchBreaksInterface)):
        propose(old, new, files={"m.py": MARKED}, pins=MARKER_PINS)


def test_delimiter_lines_must_stay():
    files = {"x.c": "a\n// BEGIN\nb\n// END\nc\n"}
    pins = [Pin("p", None, ("x.c",), start="BEGIN", end="END")]
    assert propose("b\n", "b2\nb3\n", files=files, pins=pins)["x.c"].count("b") == 2
    with pytest.raises(PatchOutsidePins):
        propose("b\n", "b\n// END\n", files=files, pins=pins)


def test_a_typescript_signature_is_kept():
    files = {"s.ts": "export function f(a: number) {\n  return a;\n}\n"}
    pins = [Pin("p", "typescript", ("s.ts",), "f")]
    propose("return a", "return 2 * a", files=files, pins=pins)
    with pytest.raises(PatchBreaksInterface):
        propose("a: number", "a: string", files=files, pins=pins)
    with pytest.raises((PatchBreaksInterface, PatchOutsidePins)):
        propose("return a;", "return a; }", files=files, pins=pins)


def test_an_unpinned_file_is_refused():
    files = {**FILES, "b.py": "x\n"}
    with pytest.raises(PatchOutsidePins, match=r"b\.py is not pinned; change src/a\.py:6-9 only"):
        check(diff(files, {**files, "b.py": "y\n"}), files, PINS)


def test_a_file_of_the_tree_that_was_not_read_is_refused():
    text = diff({"setup.py": "a\n"}, {"setup.py": "b\n"})
    with pytest.raises(PatchOutsidePins, match=r"setup\.py is not pinned"):
        check(text, FILES, PINS, exists=lambda path: path == "setup.py")


def test_a_new_file_is_refused_where_no_glob_pin_selects_it():
    with pytest.raises(PatchOutsidePins, match=r"src/b\.py would be a new file"):
        check(diff({}, {"src/b.py": "x = 1\n"}), FILES, PINS)


def test_deleting_a_file_with_a_pinned_symbol_is_refused():
    with pytest.raises(PatchOutsidePins, match=r"src/a\.py would be deleted"):
        check(diff(FILES, {}), FILES, PINS)


def test_files_of_a_glob_pin_may_come_and_change():
    pins = [Pin("all", None, ("src/**/*.py",))]
    before = {"src/a.py": "a = 1\n", "src/b.py": "b = 1\n"}
    after = {"src/a.py": "a = 2\n", "src/b.py": "b = 1\n", "src/c/d.py": "d = 1\n"}
    assert check(diff(before, after), before, pins) == after


def test_a_file_of_a_glob_pin_may_not_go():
    pins = [Pin("all", None, ("src/*.py",))]
    with pytest.raises(PatchOutsidePins, match=r"src/a\.py would be deleted"):
        check(diff(FILES, {}), FILES, pins)


def test_a_new_file_of_a_glob_pin_must_parse():
    pins = [Pin("all", None, ("src/*.py",))]
    with pytest.raises(PatchBreaksInterface, match=r"src/b\.py:2 does not parse"):
        check(diff({}, {"src/b.py": "x\n(\n"}), FILES, pins)


def test_a_new_file_does_not_replace_one_that_exists():
    pins = [Pin("all", None, ("src/*.py",))]
    with pytest.raises(PatchOutsidePins, match="is not pinned"):
        check(diff({}, {"src/b.py": ""}), FILES, pins, exists=lambda _: True)


def test_a_new_file_that_passed_is_refused_once_one_exists():
    pins = [Pin("all", "python", ("src/*.py",))]
    patch = diff(FILES, {**FILES, "src/new.py": "x = 1\n"})
    check(patch, FILES, pins)
    with pytest.raises(PatchDoesNotApply):
        check(patch, {**FILES, "src/new.py": "x = 2\n"}, pins)
    with pytest.raises(SigilError):
        check(patch, FILES, pins, exists=lambda path: path == "src/new.py")


def test_whoever_alters_what_a_patch_gave_alters_it_for_nobody_else():
    patch = diff(FILES, CHANGED)
    check(patch, FILES, PINS).clear()
    check(patch, FILES, PINS).clear()
    assert check(patch, FILES, PINS) == CHANGED


def test_a_repair_names_the_source_of_each_patch():
    patch = diff(FILES, CHANGED).replace("@@ -5", "@@ -6").replace("@@ -6,7 +5", "@@ -6,7 +6")
    repairs = [check_reporting(patch, FILES, PINS, source=name).repairs for name in ("one", "two")]
    assert [repair[0].partition(":")[0] for repair in repairs] == ["one", "two"]


def test_two_pins_in_one_file_may_change_together():
    pins = [*PINS, Pin("other", None, ("src/a.py",), "other")]
    after = {"src/a.py": CHANGED["src/a.py"].replace("return x", "return x + 1")}
    assert check(diff(FILES, after), FILES, pins) == after


BODIES = st.lists(
    st.sampled_from(
        [
            "    y = 1",
            "    return r",
            "",
            "X = 1",
            "def other(x):",
            '    """',
            "    return x",
            "\\",
            "    )",
        ]
    ),
    max_size=5,
).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(BODIES, BODIES)
def test_whatever_passes_left_the_text_outside_as_it_was(inside, around):
    start, end = SOURCE.index("    # the area"), SOURCE.index("def other")
    text = SOURCE[:start] + inside + "\n" + around + "\n\n" + SOURCE[end:]
    try:
        after = check(diff(FILES, {"src/a.py": text}), FILES, PINS)["src/a.py"]
    except SigilError:
        return
    assert after == text
    assert after.startswith(SOURCE[: SOURCE.index("def area")])
    assert after.endswith("\n\n\n" + SOURCE[end:])
