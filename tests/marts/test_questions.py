"""What a sales manager asks: the README's queries, over a file whose figures the books know."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.marts.figures import Figures
from tests.marts.readme import Question, questions
from tests.marts.world import World

PIPELINE = "What is in the pipeline, and how old is it?"
SOLD = "What did we sell per month and currency, each sale once?"


def question(text: str) -> Question:
    """The README's question of that text."""
    (found,) = [each for each in questions() if each.text == text]
    return found


def test_there_are_five_questions_each_a_few_lines_of_sql() -> None:
    asked = questions()
    assert len(asked) == 5
    for each in asked:
        assert len(each.query.splitlines()) <= 8, each.text
        assert "sales." in each.query, each.text


@pytest.mark.parametrize("place", range(5))
def test_an_answer_has_the_columns_that_the_readme_shows(world: World, place: int) -> None:
    asked = questions()[place]
    columns, rows = world.answer(asked.query)
    assert columns == asked.columns
    assert rows
    assert any(value is not None for row in rows for value in row)


def test_the_pipeline_is_what_the_books_have_open(world: World, figures: Figures) -> None:
    columns, rows = world.answer(question(PIPELINE).query)
    assert columns[:4] == ["vendor", "phase", "stage", "deals"]
    assert {row[:3]: row[3] for row in rows} == figures.open_stages()


def test_what_was_sold_per_month_is_what_the_books_say(world: World, figures: Figures) -> None:
    columns, rows = world.answer(question(SOLD).query)
    assert columns == ["month", "currency_code", "sales", "amount"]
    found = {(month, currency): (sales, amount) for month, currency, sales, amount in rows}
    told = figures.sold_once()
    assert found == {key: told[key] for key in found}
    oldest = min(month for month, _ in found)
    assert {key for key in told if key[0] and key[0] > oldest} < found.keys()
    assert sum(amount for _, amount in found.values() if amount) > Decimal(100_000)
