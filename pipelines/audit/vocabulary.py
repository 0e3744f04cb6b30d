"""Which expectations of Great Expectations 1.24 can be asked, and with which arguments.

Written down, so that `checks.yml` is validated without the seconds that importing the library
costs; a test compares it with the library. Left out is what pandas batches cannot answer (queries,
other tables) and what the declarations settle already (which columns there are, of which type).
"""

from __future__ import annotations

from dataclasses import dataclass

_RANGE = ("min_value", "max_value", "strict_min", "strict_max")
_COLUMN = ("column",)
_PAIR = ("column_A", "column_B")
_LIST = ("column_list",)


@dataclass(frozen=True, kw_only=True)
class Term:
    """One expectation: what must and what may be said with it.

    Attributes:
        columns: the arguments that name columns; all are required.
        required: other arguments that must be there.
        optional: arguments that may be there.
        by_row: whether it judges rows, so that failing rows can be counted and shown.
        compares: the arguments whose values are compared with the column's own.
    """

    columns: tuple[str, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    by_row: bool = True
    compares: tuple[str, ...] = ()

    @property
    def arguments(self) -> frozenset[str]:
        """Every argument that may be said."""
        return frozenset((*self.columns, *self.required, *self.optional, "row_condition"))


def _rows(*required: str, optional: tuple[str, ...] = (), compares: tuple[str, ...] = ()) -> Term:
    return Term(
        columns=_COLUMN, required=required, optional=("mostly", *optional), compares=compares
    )


def _pair(*required: str, optional: tuple[str, ...] = ()) -> Term:
    return Term(columns=_PAIR, required=required, optional=("mostly", "ignore_row_if", *optional))


def _several(*required: str) -> Term:
    return Term(columns=_LIST, required=required, optional=("mostly", "ignore_row_if"))


def _figure(
    *required: str, optional: tuple[str, ...] = _RANGE, compares: tuple[str, ...] = ()
) -> Term:
    return Term(
        columns=_COLUMN, required=required, optional=optional, by_row=False, compares=compares
    )


def _table(*required: str, optional: tuple[str, ...] = ()) -> Term:
    return Term(columns=(), required=required, optional=optional, by_row=False)


_BOUNDS = ("min_value", "max_value")
_SET = ("value_set",)

TERMS: dict[str, Term] = {
    # rows, by one column
    "expect_column_values_to_not_be_null": _rows(),
    "expect_column_values_to_be_null": _rows(),
    "expect_column_values_to_be_unique": _rows(),
    "expect_column_values_to_be_between": _rows(optional=_RANGE, compares=_BOUNDS),
    "expect_column_values_to_be_in_set": _rows("value_set", compares=_SET),
    "expect_column_values_to_not_be_in_set": _rows("value_set", compares=_SET),
    "expect_column_values_to_match_regex": _rows("regex"),
    "expect_column_values_to_not_match_regex": _rows("regex"),
    "expect_column_values_to_match_regex_list": _rows("regex_list", optional=("match_on",)),
    "expect_column_values_to_not_match_regex_list": _rows("regex_list"),
    "expect_column_value_lengths_to_be_between": _rows(optional=_RANGE),
    "expect_column_value_lengths_to_equal": _rows("value"),
    "expect_column_value_z_scores_to_be_less_than": _rows("threshold", "double_sided"),
    "expect_column_values_to_be_dateutil_parseable": _rows(),
    "expect_column_values_to_be_json_parseable": _rows(),
    "expect_column_values_to_match_strftime_format": _rows("strftime_format"),
    # rows, by several columns
    "expect_column_pair_values_a_to_be_greater_than_b": _pair(optional=("or_equal",)),
    "expect_column_pair_values_to_be_equal": _pair(),
    "expect_column_pair_values_to_be_in_set": _pair("value_pairs_set"),
    "expect_compound_columns_to_be_unique": _several(),
    "expect_select_column_values_to_be_unique_within_record": _several(),
    "expect_multicolumn_sum_to_equal": _several("sum_total"),
    # a figure about one column
    "expect_column_distinct_values_to_be_in_set": _figure("value_set", optional=(), compares=_SET),
    "expect_column_distinct_values_to_contain_set": _figure(
        "value_set", optional=(), compares=_SET
    ),
    "expect_column_distinct_values_to_equal_set": _figure("value_set", optional=(), compares=_SET),
    "expect_column_max_to_be_between": _figure(compares=_BOUNDS),
    "expect_column_min_to_be_between": _figure(compares=_BOUNDS),
    "expect_column_mean_to_be_between": _figure(),
    "expect_column_median_to_be_between": _figure(),
    "expect_column_stdev_to_be_between": _figure(),
    "expect_column_sum_to_be_between": _figure(),
    "expect_column_quantile_values_to_be_between": _figure("quantile_ranges", optional=()),
    "expect_column_most_common_value_to_be_in_set": _figure(
        "value_set", optional=("ties_okay",), compares=_SET
    ),
    "expect_column_unique_value_count_to_be_between": _figure(),
    "expect_column_proportion_of_unique_values_to_be_between": _figure(),
    "expect_column_proportion_of_non_null_values_to_be_between": _figure(),
    # a figure about the changed rows
    "expect_table_row_count_to_be_between": _table(optional=_RANGE),
    "expect_table_row_count_to_equal": _table("value"),
}
