"""How an expression makes a value of a column, as small numbers that compose.

Their meaning is `model.lineage.MEANING`.
"""

from __future__ import annotations

from typing import Any

IDENTITY, TRANSFORMATION, AGGREGATION, MASKED, MASKED_AGGREGATION = range(5)
FILTER, JOIN, GROUP_BY, SORT, WINDOW, CONDITIONAL, ROW, UNKNOWN = range(5, 13)
NAMED = -1
"""The column is named, and nothing comes of it: `* EXCLUDE (a)`."""


def _composed(outer: int, inner: int) -> int:
    if FILTER <= outer <= CONDITIONAL:
        return outer
    if FILTER <= inner <= ROW:
        return inner
    if outer == ROW or UNKNOWN in (outer, inner):
        return UNKNOWN if UNKNOWN in (outer, inner) else ROW
    masked = outer >= MASKED or inner >= MASKED
    aggregated = {outer, inner} & {AGGREGATION, MASKED_AGGREGATION}
    if masked:
        return MASKED_AGGREGATION if aggregated else MASKED
    return AGGREGATION if aggregated else max(outer, inner)


COMPOSED = tuple(tuple(_composed(outer, inner) for inner in range(13)) for outer in range(13))
"""`COMPOSED[outer][inner]`: what is made of what was made. What only bears on a value goes on doing
only that; the use nearest to the result gives it its name."""

MASKING = frozenset(
    {"crc32", "farm_fingerprint", "hash", "hmac", "mask", "md5", "md5_digest", "md5_number"}
    | {"md5_number_lower", "md5_number_lower64", "md5_number_upper", "md5_number_upper64", "murmur_hash"}
    | {"sha", "sha1", "sha1_digest", "sha2", "sha2_digest", "sha256", "sha512", "standard_hash", "xxhash64"}
)
"""Functions out of whose results nobody reads the argument."""

_AGGREGATES = frozenset(
    {"any_value", "approx_quantile", "arbitrary", "bit_and", "bit_or", "bit_xor", "bitstring_agg", "bool_and"}
    | {
        "bool_or",
        "entropy",
        "favg",
        "fsum",
        "geomean",
        "geometric_mean",
        "histogram",
        "kahan_sum",
        "kurtosis",
    }
    | {"kurtosis_pop", "list", "listagg", "mad", "mode", "product", "quantile_cont", "quantile_disc"}
    | {"reservoir_quantile", "sem", "skewness", "sumkahan", "weighted_avg", "wavg"}
)
"""Aggregate functions that the parser does not know as such."""


class Steps:
    """What each kind of node makes of the columns in its arguments; made once a statement."""

    def __init__(self, exp: Any) -> None:
        self.by_argument: dict[type, dict[str, int]] = {
            exp.Case: {"this": CONDITIONAL},
            exp.If: {"this": CONDITIONAL},
            exp.Nullif: {"expression": CONDITIONAL},
            exp.Window: {"partition_by": WINDOW, "order": WINDOW, "spec": WINDOW},
            exp.Filter: {"expression": FILTER},
            exp.Order: {"expressions": SORT},
            exp.ArgMax: {"expression": SORT},
            exp.ArgMin: {"expression": SORT},
        }
        self.aggregate = exp.AggFunc
        self.values = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
        self.count = (exp.Count, exp.CountIf, exp.ApproxDistinct)

    def of_function(self, node: Any, name: str) -> int:
        """What a function makes of its arguments."""
        if name in MASKING:
            return MASKED
        if isinstance(node, self.count):
            return MASKED_AGGREGATION
        if name in _AGGREGATES or (isinstance(node, self.aggregate) and not isinstance(node, self.values)):
            return AGGREGATION
        return TRANSFORMATION
