import ast

import pytest

from sigil.evaluate.cheats.knowledge import filled
from sigil.evaluate.cheats.model import Cheat, Place
from sigil.evaluate.cheats.writing import write, write_at_import


def names_in(text):
    return [getattr(node, "name", None) or node.targets[0].id for node in ast.parse(text).body]


@pytest.mark.parametrize("odd", ["\f", "\x1c", "\x85", "\u2028", "\v"])
def test_a_line_is_what_the_parser_calls_one(odd):
    source = f"A = '{odd}'\n\n\ndef f(x):\n    return x\n\n\nB = 2\n"
    place = Place("a.py", 4, 5, "python", symbol=False)
    written = write(Cheat("c", "t", "return 7"), source, place)
    assert names_in(written) == ["A", "f", "B"]
    assert written.startswith(f"A = '{odd}'\n\n\ndef f(x):\n")
    assert written.endswith("\n\n\nB = 2\n")


def test_what_is_done_at_import_stands_after_the_lines_of_the_place():
    source = "A = '\x85'\nB = 2\nC = 3\n"
    place = Place("a.py", 1, 2, "python", symbol=False)
    written = write_at_import(Cheat("c", "t", module="D = 4", acts=True), source, place)
    assert names_in(written) == ["A", "B", "D", "C"]


def test_a_file_without_a_last_newline_keeps_its_end():
    source = "def f(x):\n    return x\n\n\nB = 2"
    written = write(Cheat("c", "t"), source, Place("a.py", 1, 2, "python", symbol=False))
    assert written.endswith("\n\n\nB = 2")


def test_what_is_done_at_import_has_a_line_of_its_own():
    place = Place("a.py", 1, 1, "python", symbol=False)
    written = write_at_import(Cheat("c", "t", module="D = 4", acts=True), "A = 1", place)
    assert names_in(written) == ["A", "D"]


def test_a_value_that_holds_a_name_is_not_filled_in_itself():
    assert filled("FORGED, FILES", FORGED="FILES", FILES=["FORGED"]) == "'FILES', ['FORGED']"


def test_only_whole_names_are_filled_in():
    assert filled("FORGED, _FORGED, FORGEDS", FORGED=1) == "1, _FORGED, FORGEDS"


def test_without_values_a_text_stays_as_it_is():
    assert filled("FORGED") == "FORGED"
