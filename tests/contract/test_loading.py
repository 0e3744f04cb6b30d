"""A table's rows come once; a change makes one version; what is not known is kept and told."""

from __future__ import annotations

import pytest

from tests.contract.story import UNKNOWN, Seen, Story, lived
from tests.contract.worlds import difference, missing
from tests.once import Once


@pytest.fixture
def story(once: Once, vendor: str) -> Story:
    """The life of the vendor's connection."""
    return once(f"story-{vendor}", lambda folder: lived(folder, vendor))


def test_all_rows_come(story: Story, table: str) -> None:
    assert story.theirs[table], "the sandbox has no row of it, so nothing is proved"
    loaded = story.loaded[table]
    assert loaded, "no row of it came"
    assert missing(story.theirs[table], loaded, story.bad[table]) == []
    assert set(loaded) <= set(story.theirs[table])
    assert {len(versions) for versions in loaded.values()} == {1}


def test_nothing_is_new_in_a_second_run(story: Story, table: str) -> None:
    assert difference(story.again[table], story.loaded[table]) == ""


def test_keys_are_unique(story: Story, table: str) -> None:
    assert story.doubled[table] == 0
    rows, keys = story.published[table]
    assert rows == keys == len(story.loaded[table])


def test_one_change_is_one_version(story: Story, table: str) -> None:
    _assert_one_version(story.people, table)


def test_an_unknown_field_is_kept_and_reported(story: Story, table: str) -> None:
    _assert_one_version(story.unknown, table, others=False)
    assert story.unknown.changed[table] in story.kept[table]
    assert (table, UNKNOWN) in story.reported


def test_no_secret_is_written_down(story: Story) -> None:
    assert story.leaks == []


def _assert_one_version(seen: Seen, table: str, *, others: bool = True) -> None:
    """The changed document has one version more; no other that was there has a new one.

    Args:
        seen: what was changed, and what came of it.
        table: whose documents.
        others: whether other documents matter: those that carry something new have news too.
    """
    key = seen.changed[table]
    before, after = seen.before[table], seen.after[table]
    assert len(after.get(key, ())) == len(before.get(key, ())) + 1, f"{key} has no new version"
    if others:
        rest = {other: after[other] for other in before if other != key}
        assert difference(rest, {k: v for k, v in before.items() if k != key}) == ""
