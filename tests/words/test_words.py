"""A language is one file: every sentence by its code, in each the same facts; nothing else of the package knows words."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from xl_kpi.findings import CATALOGUE
from xl_kpi.words import LANGUAGES, Said, packed, said, say, sentences, unpacked

PACKAGE = Path(__file__).resolve().parents[2] / "xl_kpi"
MODULES = sorted(PACKAGE.rglob("*.py"))
ZH, EN = sentences("zh"), sentences("en")
HAN = re.compile(r"[\u3400-\u9fff]")
CODE = re.compile(r"[a-z_]+\.[a-z0-9_.-]+")

# Where Chinese stands that is not said: in the workbook itself, in what is read, in what only Chinese ever sees.
WITH_CHINESE = {
    "layout/": "the workbook",
    "rules/": "rules explained in the workbook, and their examples",
    "program/": "the workbook: what inputs ask for, its states, stages and questions",
    "expr/semantics.py": "the words that formulas give",
    "scheme/": "keys explained in the JSON schema, words of sources that are looked for, a reading as the workbook has it",
    "blank/": "the workbook",
    "xlsx/": "a font, the name of a chart, the ending of a file saved beside another",
    "units/listing.py": "headings and closing lines of lists",
    "returned/old_book.py": "headings of workbooks that are out",
    "returned/verify/shown.py": "number formats of dates",
    "outward.py": "words that are no names of persons",
    "addin/": "the ribbon's own questions and its self-test, which are there in Chinese only; fonts; names of files",
    "bundle/": "the installer for officials",
    "demo.py": "the simulated units",
    "cli/demo.py": "names of folders",
    "isolation.py": "said before anything may be imported",
    "__main__.py": "said before anything may be imported",
}


def texts(module: Path) -> Iterator[ast.Constant]:
    """The texts of a module that are no docstrings."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    said_of_itself = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said_of_itself:
            yield node


def facts(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_languages_have_the_same_codes() -> None:
    assert list(ZH) == list(EN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_stands_twice(language: str) -> None:
    text = (PACKAGE / "words" / f"{language}.json").read_text(encoding="utf-8")
    codes = json.loads(text, object_pairs_hook=lambda pairs: [code for code, _ in pairs])
    assert len(codes) == len(set(codes))


def test_a_sentence_takes_the_same_facts_in_every_language() -> None:
    assert {code: facts(ZH[code]) for code in ZH} == {code: facts(EN[code]) for code in EN}


def test_every_finding_has_its_sentence_and_codes_of_one_word_are_findings() -> None:
    assert {code for code in ZH if "." not in code} - {"and", "also", "masked"} == set(CATALOGUE)


def test_every_code_is_used_and_every_code_used_is_there() -> None:
    written = {node.value for module in MODULES for node in texts(module)}
    begun = {text for text in written if re.fullmatch(r"[a-z_]+\.(?:[a-z0-9-]+[.-])?", text)}  # of an f-string
    unused = [code for code in ZH if code not in written and not any(code.startswith(start) for start in begun)]
    assert unused == []
    rooms = {code.partition(".")[0] for code in ZH if "." in code}
    named = {text for text in written if CODE.fullmatch(text) and text.partition(".")[0] in rooms}
    assert named - set(ZH) - begun == {"units.csv"}


def test_english_has_chinese_only_in_quotations() -> None:
    assert [code for code, text in EN.items() if HAN.search(re.sub("“[^”]*”", "", text))] == []


def test_no_sentence_stands_in_a_module() -> None:
    found = set()
    for module in MODULES:
        name = module.relative_to(PACKAGE).as_posix()
        if not name.startswith(tuple(WITH_CHINESE)) and any(HAN.search(node.value) for node in texts(module)):
            found.add(name)
    assert found == set()


def test_facts_survive_a_file() -> None:
    why = said("also", first=said("masked", count=2), then=("甲", 1, 0.5, None))
    assert unpacked(json.loads(json.dumps(packed(why)))) == why
    assert say(why, "zh") == "〔2字文字〕；甲、1、0.5、"
    assert say(why, "en") == "[text of 2 characters]; 甲, 1, 0.5, "


def test_a_part_of_a_sentence_is_not_put_into_a_text_by_mistake() -> None:
    with pytest.raises(TypeError, match="say"):
        f"{Said('masked', {'count': 2})}"
