from pathlib import Path

import pytest

from sigil import errors
from sigil.optimize.spec import find_repository, load_spec, read_eval


def rewrite(repository: Path, old: str, new: str) -> None:
    path = repository / ".sigil" / "square.sigil.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_spec_of_the_seed_loads_with_all_its_keys(repository: Path) -> None:
    rewrite(
        repository,
        "    symbol: square\n",
        "    symbol: square \n    ast_query: null\n    uuid: 1f\nbase_commit: null\nid: 2e\n"
        "description: d\nrepo_root: .\n",
    )
    spec = load_spec(repository, "square")
    assert spec.pins()[0].symbol == "square"


def test_the_pinned_text_is_read_and_located(repository: Path) -> None:
    spec = load_spec(repository, "square")
    (region,) = spec.locate(spec.read_pinned(spec.root))
    assert (region.path, region.first, region.last) == ("square.py", 1, 2)


def test_an_unknown_spec_lists_those_that_exist(repository: Path) -> None:
    with pytest.raises(errors.NotFound, match="there are: square"):
        load_spec(repository, "circle")


def test_a_misspelt_key_names_line_and_remedy(repository: Path) -> None:
    rewrite(repository, "symbol: square", "symbl: square")
    with pytest.raises(errors.UnknownKey) as caught:
        load_spec(repository, "square")
    assert str(caught.value).startswith(".sigil/square.sigil.yaml:8: pins[0].symbl")
    assert "did you mean symbol" in str(caught.value)


def test_a_pin_that_matches_no_file_names_its_line(repository: Path) -> None:
    rewrite(repository, "[square.py]", "[circle.py]")
    spec = load_spec(repository, "square")
    with pytest.raises(errors.PinNotFound, match=r"square\.sigil\.yaml:7: pins\[0\]\.files\[0\]"):
        spec.read_pinned(spec.root)


def test_a_pin_that_matches_no_symbol_names_its_line(repository: Path) -> None:
    rewrite(repository, "symbol: square", "symbol: sqare")
    spec = load_spec(repository, "square")
    with pytest.raises(errors.PinNotFound, match=r"square\.sigil\.yaml:8.*square"):
        spec.locate(spec.read_pinned(spec.root))


def test_a_pin_that_matches_twice_is_ambiguous(repository: Path) -> None:
    (repository / "square.py").write_text("def square(x): ...\ndef square(x): ...\n")
    spec = load_spec(repository, "square")
    with pytest.raises(errors.PinAmbiguous, match=r"square\.sigil\.yaml:8"):
        spec.locate(spec.read_pinned(spec.root))


def test_a_tree_sitter_query_pins_what_it_captures(repository: Path) -> None:
    rewrite(repository, "symbol: square", 'ast_query: "(function_definition) @pin"')
    spec = load_spec(repository, "square")
    (region,) = spec.locate(spec.read_pinned(spec.root))
    assert (region.path, region.first, region.last) == ("square.py", 1, 2)


def test_a_bad_query_names_the_line_of_the_spec_and_the_place_in_the_query(
    repository: Path,
) -> None:
    rewrite(
        repository,
        "    symbol: square",
        "    ast_query: |\n      (function_definition\n        nope) @pin",
    )
    spec = load_spec(repository, "square")
    with pytest.raises(
        errors.InvalidValue, match=r"square\.sigil\.yaml:8: pins\[0\]\.ast_query: .* line 2, column"
    ):
        spec.locate(spec.read_pinned(spec.root))


@pytest.mark.parametrize("beside", ["symbol: square", "start: a\n    end: b"])
def test_a_query_beside_another_way_to_pin_is_refused(repository: Path, beside: str) -> None:
    rewrite(repository, "symbol: square", f'{beside}\n    ast_query: "(module) @pin"')
    with pytest.raises(errors.InvalidValue, match=r"ast_query stands beside"):
        load_spec(repository, "square").pins()


def test_half_a_pair_of_delimiters_is_refused(repository: Path) -> None:
    rewrite(repository, "symbol: square", 'start: "begin"')
    with pytest.raises(errors.InvalidValue, match="start and end go together"):
        load_spec(repository, "square").pins()


@pytest.mark.parametrize("pattern", ["../secret.py", "/etc/passwd"])
def test_a_pin_cannot_leave_the_repository(repository: Path, pattern: str) -> None:
    rewrite(repository, "[square.py]", f"['{pattern}']")
    spec = load_spec(repository, "square")
    with pytest.raises(errors.InvalidValue, match="stays inside"):
        spec.read_pinned(spec.root)


def test_a_pinned_file_that_is_not_text_is_refused(repository: Path) -> None:
    (repository / "square.py").write_bytes(b"\xff\xfe\x00")
    spec = load_spec(repository, "square")
    with pytest.raises(errors.InvalidValue, match="not UTF-8"):
        spec.read_pinned(spec.root)


def test_a_name_that_differs_from_the_file_is_refused(repository: Path) -> None:
    rewrite(repository, "name: square", "name: circle")
    with pytest.raises(errors.InvalidValue, match="name"):
        load_spec(repository, "square")


def test_the_only_eval_is_taken(repository: Path) -> None:
    assert read_eval(load_spec(repository, "square"), None).model.name == "points"


def test_several_evals_ask_for_a_choice(repository: Path) -> None:
    rewrite(repository, "[points]", "[points, other]")
    with pytest.raises(errors.InvalidValue, match="--eval"):
        read_eval(load_spec(repository, "square"), None)


def test_a_missing_eval_names_the_line_that_lists_it(repository: Path) -> None:
    rewrite(repository, "[points]", "[speed]")
    with pytest.raises(errors.NotFound, match=r"square\.sigil\.yaml:3.*there are: points"):
        read_eval(load_spec(repository, "square"), None)


def test_the_repository_is_found_from_a_folder_inside(repository: Path) -> None:
    inside = repository / "a" / "b"
    inside.mkdir(parents=True)
    assert find_repository(inside) == repository


def test_no_repository_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFound, match="--repo-root"):
        find_repository(tmp_path)
