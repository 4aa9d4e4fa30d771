import json

import pytest

from sigil.errors import InvalidValue, MalformedDocument, SigilError, UnknownKey
from sigil.search.prompting.templates import NAMES, load_templates, recorded_templates


def written(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def test_ours_are_complete_and_fit_their_fields():
    templates = load_templates(None)
    assert set(templates.texts) == set(NAMES)
    assert recorded_templates(templates.snapshot()) == templates


def test_a_folder_that_is_not_there_overrides_nothing(tmp_path):
    assert load_templates(tmp_path / "none") == load_templates(None)


def test_a_file_takes_the_place_of_ours(tmp_path):
    templates = load_templates(written(tmp_path, user="Only $code, for $$5.\n"))
    assert templates.render("user", {"code": "x"}) == "Only x, for $5."
    assert templates.overridden == ("user",)
    assert templates.texts["system"] == load_templates(None).texts["system"]


def test_a_snapshot_is_json_and_gives_the_templates_back(tmp_path):
    templates = load_templates(written(tmp_path, failed="No:\n$attempts\n"))
    assert recorded_templates(json.loads(json.dumps(templates.snapshot()))) == templates


@pytest.mark.parametrize(
    ("name", "text", "kind", "said"),
    [
        ("user", "a\n$cod\n", UnknownKey, "user.txt:2: there is no field $cod here; did you mean"),
        ("user", "${quux} $code", UnknownKey, "there are: $code, $failed"),
        ("user", "Improve it.\n", InvalidValue, "user.txt:1: the field $code is missing"),
        ("system", "$begin", InvalidValue, "$end is missing"),
        ("user", "$code\n\ncosts $ 5\n", InvalidValue, "user.txt:3: a dollar sign that begins no"),
        ("sytem", "x", UnknownKey, "no template is called 'sytem'; did you mean system.txt?"),
        ("quux", "x", UnknownKey, "there are: system, user"),
        ("user", "$code" + "x" * 2**16, MalformedDocument, "larger than 64 KiB"),
    ],
)
def test_what_does_not_fit_is_refused_with_file_and_line(tmp_path, name, text, kind, said):
    with pytest.raises(kind) as caught:
        load_templates(written(tmp_path, **{name: text}))
    assert said in str(caught.value)


def test_text_in_another_encoding_is_refused_with_its_line(tmp_path):
    (tmp_path / "task.txt").write_bytes(b"a\n\xff $text")
    with pytest.raises(MalformedDocument, match=r"task\.txt:2: not UTF-8"):
        load_templates(tmp_path)


def test_a_file_that_is_a_folder_is_a_clear_error(tmp_path):
    (tmp_path / "task.txt").mkdir()
    with pytest.raises(SigilError, match="cannot be read"):
        load_templates(tmp_path)


def test_a_record_that_lacks_a_template_is_refused():
    snapshot = load_templates(None).snapshot()
    del snapshot["texts"]["mend"]
    with pytest.raises(InvalidValue, match="no template 'mend'"):
        recorded_templates(snapshot)


def test_values_are_not_looked_into():
    rendered = load_templates(None).render("failed", {"attempts": "$text ${x} $$"})
    assert rendered.endswith("$text ${x} $$")


def test_a_paragraph_that_comes_out_empty_is_left_out(tmp_path):
    templates = load_templates(written(tmp_path, user="$task\n\n$code\n\n\n$tried\n\nGo.\n"))
    fields = {"task": "", "code": "a\n\n\nb", "tried": ""}
    assert templates.render("user", fields) == "a\n\n\nb\n\nGo."
