from pathlib import Path

import pytest

from sigil import errors
from sigil.cli.kinds import SETTINGS, duration
from sigil.cli.settings import backend_profiles, configured_models, resolve


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".sigil").mkdir()
    return tmp_path


def configure(repository: Path, text: str) -> None:
    (repository / ".sigil" / "sigil.yaml").write_text(text)


def test_without_anything_every_setting_has_its_default() -> None:
    found = resolve(None, environment={})
    assert {name: s.value for name, s in found.items()} == {
        n: k.default for n, k in SETTINGS.items()
    }
    assert {s.source for s in found.values()} == {"default"}


def test_the_file_comes_before_the_default_and_says_its_line(repository: Path) -> None:
    configure(repository, 'version: "0.1"\ndefaults:\n  num: 5\n')
    found = resolve(repository, environment={})["num"]
    assert (found.value, found.source) == (5, ".sigil/sigil.yaml:3")


def test_a_variable_comes_before_the_file(repository: Path) -> None:
    configure(repository, "defaults: {num: 5}\n")
    found = resolve(repository, environment={"SIGIL_NUM": "7"})["num"]
    assert (found.value, found.source) == (7, "variable SIGIL_NUM")


def test_a_flag_comes_before_all(repository: Path) -> None:
    configure(repository, "defaults: {num: 5}\n")
    found = resolve(repository, {"num": 9}, {"SIGIL_NUM": "7"})["num"]
    assert (found.value, found.source) == (9, "flag --num")


def test_the_config_of_the_seed_is_read(repository: Path) -> None:
    configure(
        repository,
        "version: 0.1\nbackend_profiles:\n  b: {kind: k8s, cpu: 4}\noptimizer_params:\n"
        "  alphaevolve: {models: {default_llm: {provider: x}}}\nregistry: registry.example\n",
    )
    assert resolve(repository, environment={})["num"].source == "default"


def test_profiles_of_backends_are_read_with_their_places(repository: Path) -> None:
    configure(repository, "backend_profiles:\n  a: {}\n  b: {kind: k8s, cpu: 4}\n")
    found = backend_profiles(repository)
    assert {name: profile for name, (profile, _) in found.items()} == {
        "a": {},
        "b": {"kind": "k8s", "cpu": 4},
    }
    assert str(found["b"][1]) == ".sigil/sigil.yaml:3: backend_profiles.b"


def test_a_bad_setting_of_a_model_names_its_own_line(repository: Path) -> None:
    configure(
        repository,
        "optimizer_params:\n  simple:\n    models:\n      m:\n        provider: stub\n"
        "        retries: 2\n        timeout_s: .nan\n",
    )
    with pytest.raises(errors.InvalidValue, match=r"sigil\.yaml:7: .*models\.m\.timeout_s"):
        configured_models(repository, "simple")


def test_a_profile_that_is_no_mapping_is_an_error_with_its_line(repository: Path) -> None:
    configure(repository, "backend_profiles:\n  a: fast\n")
    with pytest.raises(errors.InvalidValue, match=r"sigil\.yaml:2: backend_profiles\.a"):
        backend_profiles(repository)


def test_a_bad_value_in_the_file_names_its_line(repository: Path) -> None:
    configure(repository, "defaults:\n  budget_time: soon\n")
    with pytest.raises(errors.InvalidValue, match=r"sigil\.yaml:2: defaults\.budget_time.*90s"):
        resolve(repository, environment={})


def test_a_bad_variable_is_named() -> None:
    with pytest.raises(errors.InvalidValue, match="SIGIL_NUM"):
        resolve(None, environment={"SIGIL_NUM": "-1"})


def test_an_unknown_setting_in_the_file_is_refused(repository: Path) -> None:
    configure(repository, "defaults:\n  nmu: 3\n")
    with pytest.raises(errors.InvalidValue, match="no such setting"):
        resolve(repository, environment={})


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("500ms", 0.5)]
)
def test_durations_have_units(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-1s", "1 fortnight", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        duration(text)


@pytest.mark.parametrize("text", ["", "\n", "# optimizer: tree\n", "  # one\n\n# two"])
def test_a_file_of_comments_sets_nothing(repository: Path, text: str) -> None:
    configure(repository, text)
    assert resolve(repository, environment={})["optimizer"].source == "default"


@pytest.mark.parametrize("text", ["gpu:8000", "http://a b/", "http://a/v1http://b/v1"])
def test_what_is_no_url_is_refused(repository: Path, text: str) -> None:
    with pytest.raises(errors.InvalidValue, match=r"SIGIL_BASE_URL.*a URL such as"):
        resolve(repository, environment={"SIGIL_BASE_URL": text})
