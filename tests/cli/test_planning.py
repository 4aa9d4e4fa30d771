"""From settings, spec, eval and record to a plan."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.e2e.asking import configure, make_repository

from sigil import errors
from sigil.cli.generating import WantedSpec, write_spec
from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.llm.budget import Budget
from sigil.optimize.plan import Limits, Plan
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import open_workspace


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


def planned(repository: Path, **flags: object) -> Plan:
    return make_plan(load_spec(repository, "square"), None, flags)


def generate(repository: Path) -> None:
    """Have the inputs made by a generator, and held-out ones under the seed 2."""
    path = repository / ".sigil" / "points.eval.yaml"
    head, _, rest = path.read_text().partition("inputs:")
    tail = rest[rest.index("metrics:") :]
    made = "inputs: {generator: python make.py}\nholdout: {seed: 2}\n"
    path.write_text(head + made + tail)


def test_the_seed_of_what_is_held_out_is_refused_as_the_seed_of_a_run(repository: Path) -> None:
    generate(repository)
    with pytest.raises(errors.InvalidValue) as raised:
        planned(repository, seed=2)
    assert str(raised.value) == (
        ".sigil/points.eval.yaml:4: holdout.seed: the same generator under the same seed gives "
        "the same inputs; choose another seed than 2, which is the run's seed"
    )
    assert planned(repository, seed=3).seed == 3


def test_the_seed_of_what_is_held_out_is_refused_as_a_variable(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(repository)
    monkeypatch.setenv("SIGIL_SEED", "2")
    with pytest.raises(errors.InvalidValue, match=r"holdout\.seed"):
        planned(repository)


# --- what a recorded run decides --------------------------------------------------------


def begun(repository: Path, **flags: object) -> Path:
    """Return a run that was searched under some limits, without a model."""
    plan = planned(repository, **flags)
    return run(plan, open_workspace(plan.spec, "w"), Silent()).run


def test_the_limits_of_a_run_hold_when_it_is_gone_on_with(repository: Path) -> None:
    limits = {"budget_evals": 2, "budget_time": 9.0, "budget_usd": 0.5, "budget_tokens": 700}
    recorded = begun(repository, **limits, patience=40, in_flight=3)
    plan = make_plan(load_spec(repository, "square"), None, {}, recorded=recorded)
    assert plan.limits == Limits(2, 9.0, 40, Budget(0.5, 700))
    assert plan.in_flight == 3


def test_a_limit_that_is_named_holds_instead(repository: Path) -> None:
    recorded = begun(repository, budget_evals=2, patience=40)
    flags = {"budget_evals": 3}
    plan = make_plan(load_spec(repository, "square"), None, flags, recorded=recorded)
    assert (plan.limits.evals, plan.limits.patience) == (3, 40)


def test_a_limit_of_the_settings_does_not_lift_that_of_a_run(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = begun(repository, budget_evals=2)
    monkeypatch.setenv("SIGIL_BUDGET_EVALS", "50")
    plan = make_plan(load_spec(repository, "square"), None, {}, recorded=recorded)
    assert plan.limits.evals == 2


def test_a_run_goes_on_where_it_was_measured_unless_a_flag_names_another_place(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = repository / "sigil.yaml"
    profiles.write_text("backend_profiles: {here: {kind: local}}\n")
    recorded = begun(repository, backend="here", budget_evals=2)
    monkeypatch.setenv("SIGIL_BACKEND", "nowhere")
    spec = load_spec(repository, "square")
    assert make_plan(spec, None, {}, recorded=recorded).backend.name == "here"
    flags = {"backend": "local"}
    assert make_plan(spec, None, flags, recorded=recorded).backend.name == "local"
    profiles.unlink()
    with pytest.raises(errors.DependencyMissing, match="the backend 'here', which is not here"):
        make_plan(spec, None, {}, recorded=recorded)


def test_settings_that_a_recorded_run_does_not_use_are_not_checked(repository: Path) -> None:
    recorded = begun(repository, budget_evals=2)
    (repository / "sigil.yaml").write_text("defaults: {optimizer: gone, provider: gone}\n")
    plan = make_plan(load_spec(repository, "square"), None, {}, recorded=recorded)
    assert (plan.optimizer, plan.models) == ("simple", ())


def test_a_key_that_is_missing_is_told_before_a_run_is_gone_on_with(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"provider": "openai", "model": "any", "price_input_usd": 1, "price_output_usd": 1}
    configure(repository, **entry)
    monkeypatch.setenv("OPENAI_API_KEY", "nobody's")
    with pytest.raises(errors.BudgetSpent):
        begun(repository, budget_tokens=1)
    monkeypatch.delenv("OPENAI_API_KEY")
    spec = load_spec(repository, "square")
    recorded = open_workspace(spec, "w").find_run()
    plan = make_plan(spec, None, {}, recorded=recorded)
    with pytest.raises(errors.ProviderRefused, match="OPENAI_API_KEY"):
        run(plan, open_workspace(spec, "w"), NotBegun(), existing=recorded)


class NotBegun(Silent):
    """A report of a run that must not begin."""

    def started(self, run: Path, *, resumed: bool, warnings: Sequence[str]) -> None:
        raise AssertionError("it was begun")


# --- which model ------------------------------------------------------------------------

URL = "http://127.0.0.1:9/v1"
LOCAL = {"provider": "openai-compatible", "model": "m", "base_url": URL}


def test_models_of_another_optimizer_are_named_as_what_is_not_asked(repository: Path) -> None:
    configure(repository, **LOCAL)
    plan = planned(repository, optimizer="tree")
    assert plan.models == ()
    (line,) = plan.warnings
    assert "no model is asked: they are configured for simple, and not for tree" in line
    assert "or say --optimizer simple" in line


def test_whoever_wants_no_model_is_not_told_of_any(repository: Path) -> None:
    configure(repository, **LOCAL)
    assert planned(repository, optimizer="tree", provider="none").warnings == ()


def test_a_url_that_only_another_optimizer_has_is_named(repository: Path) -> None:
    configure(repository, **LOCAL)
    with pytest.raises(errors.UsageError, match=f"add --base-url {URL}, or --optimizer simple"):
        planned(repository, optimizer="tree", provider="openai-compatible", model="m")


def test_a_url_on_the_command_line_is_sent_no_usual_key(repository: Path) -> None:
    flags = {"provider": "openai-compatible", "model": "m", "base_url": URL}
    (model,) = planned(repository, **flags).models
    assert (model.base_url, model.key_variable) == (URL, "")


def test_a_url_on_the_command_line_takes_no_key_of_an_entry_along(repository: Path) -> None:
    configure(repository, **LOCAL, key_variable="SECRET")
    (model,) = planned(repository, base_url="http://127.0.0.1:10/v1").models
    assert (model.base_url, model.key_variable) == ("http://127.0.0.1:10/v1", "")


def test_recorded_answers_without_a_file_are_refused_before_a_run_begins(repository: Path) -> None:
    plan = planned(repository, provider="replay")
    with pytest.raises(errors.InvalidValue, match="add --exchanges"):
        run(plan, open_workspace(plan.spec, "w"), NotBegun())
    assert open_workspace(plan.spec, "w").run_names() == []


def test_a_model_whose_price_nobody_knows_is_told_of_before_a_run(repository: Path) -> None:
    configure(repository, **LOCAL)
    (line,) = planned(repository).warnings
    told, _, remedy = line.partition("; ")
    assert told == "warning: the price of 'm' is not known, so what it costs is not counted"
    assert remedy == "set price_input_usd and price_output_usd"


@pytest.mark.parametrize(
    "entry",
    [
        {**LOCAL, "price_input_usd": 0, "price_output_usd": 0},
        {"provider": "openai", "model": "gpt-4o"},
        {"provider": "stub"},
    ],
    ids=["told", "listed", "free"],
)
def test_a_model_whose_price_is_known_brings_no_warning(
    repository: Path, entry: dict[str, object]
) -> None:
    pytest.importorskip("genai_prices")
    configure(repository, **entry)
    assert planned(repository).warnings == ()


def test_a_run_without_a_model_is_not_told_of_a_price_when_it_is_gone_on_with(
    repository: Path,
) -> None:
    configure(repository, **LOCAL)
    recorded = begun(repository, provider="none", budget_evals=1)
    plan = make_plan(load_spec(repository, "square"), None, {}, recorded=recorded)
    assert plan.warnings == ()


def test_a_spec_of_files_names_none_whose_name_is_not_utf8(tmp_path: Path) -> None:
    wanted = WantedSpec("q", "", None, "a\udcff.py", unsafe=False, force=False)
    with pytest.raises(errors.UsageError, match=r"'a\\udcff\.py' is not UTF-8"):
        write_spec(wanted, None, tmp_path)
    assert not (tmp_path / ".sigil").exists()
