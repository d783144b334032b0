"""The one walk over models and the one transform: what they reach, in which order, and what they leave as it is."""

from __future__ import annotations

from typing import Any

from xl_kpi.rules.parts import Ask, ByLevel, Input, Model
from xl_kpi.rules.tree import Place, inside, transform, walk


class Leaf(Model):
    """Something small."""

    size: float


class Branch(Model):
    """Something that holds others in every way a scheme does."""

    one: Leaf | None = None
    many: tuple[Leaf, ...] = ()
    named: dict[str, Leaf] = {}  # noqa: RUF012  # pydantic copies it
    number: ByLevel | Ask | None = None


TREE = Branch(one=Leaf(size=1), many=(Leaf(size=2), Leaf(size=3)), named={"a": Leaf(size=4)})


def sizes(models: Any) -> list[float]:
    """The sizes of the leaves among models, in their order."""
    return [model.size for model in models if isinstance(model, Leaf)]


def test_the_walk_begins_with_the_model_itself_and_goes_through_lists_and_dictionaries_in_order() -> None:
    assert next(walk(TREE)) is TREE
    assert sizes(walk(TREE)) == [1, 2, 3, 4]
    assert sizes(walk((TREE, Leaf(size=5)))) == [1, 2, 3, 4, 5]


def test_a_model_to_stop_at_is_named_and_not_entered() -> None:
    asked = Branch(number=Ask(ask=Input(id="p", label="分值")))
    assert [type(model) for model in walk(asked)] == [Branch, Ask, Input]
    assert [type(model) for model in walk(asked, stop=(Ask,))] == [Branch, Ask]
    assert list(walk(asked, stop=(Branch,))) == [asked]
    assert [type(model) for model in inside(asked, stop=(Branch, Ask))] == [Ask]


def test_what_does_not_change_stays_the_same_object() -> None:
    assert transform(TREE, lambda value, _: value) is TREE
    changed = transform(TREE, lambda value, _: 9.0 if value == 3 else value)
    assert sizes(walk(changed)) == [1, 2, 9, 4]
    assert (changed.one, changed.many[0], changed.named) == (TREE.one, TREE.many[0], TREE.named)
    assert changed.many[0] is TREE.many[0]
    assert changed.named is TREE.named
    assert sizes(walk(TREE)) == [1, 2, 3, 4]


def test_a_change_is_told_the_place_of_each_value_and_goes_on_inside_what_it_gave() -> None:
    places: dict[float, Place] = {}

    def change(value: Any, place: Place) -> Any:
        if isinstance(value, float):
            places[value] = place
        return (Leaf(size=7), Leaf(size=8)) if place == ("many",) else value

    assert sizes(walk(transform(TREE, change))) == [1, 7, 8, 4]
    assert places == {
        1: ("one", "size"),
        7: ("many", 0, "size"),
        8: ("many", 1, "size"),
        4: ("named", "a", "size"),
    }


def test_a_field_that_was_not_written_is_not_written_by_a_change_elsewhere() -> None:
    changed = transform(Branch(one=Leaf(size=1)), lambda value, _: 2.0 if value == 1 else value)
    assert changed.model_fields_set == {"one"}


def test_plain_data_is_changed_alike() -> None:
    data = {"a": [1, {"b": 2}], "c": [3]}
    changed = transform(data, lambda value, _: 20 if value == 2 else value)
    assert changed == {"a": [1, {"b": 20}], "c": [3]}
    assert changed["c"] is data["c"]
