"""Checks: verifiable statements compiled from a contract, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from meshwright.model.contract import NONE_MAY_FAIL, Threshold

Step = tuple[str, str]
"""One step to a nested value: ("field", name), ("items", ""), ("values", "") or ("keys", "")."""

Severity = Literal["error", "warning", "info"]
Status = Literal["pass", "fail", "warn", "error", "skip"]
How = Literal["proved", "scanned", "remembered"]
Proof = Literal["schema", "rows", "nulls", "bounds", "values"]
"""What proves a check with no row read: the schema, counts of rows or of nulls, the bounds of a
column whose valid values are an interval, or knowing every value that a column holds."""

_INTERVAL = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "timezone"})
"""Arguments that bound values; what they let through is an interval."""

INFINITE = 2**63 - 1
"""The measure of a service level whose value is infinity; negative for minus infinity."""

CheckKind = Literal[
    "present",  # the column is there
    "type",  # its type is assignable to the contract's
    "required",  # no null
    "unique",  # no value twice, nulls aside
    "primary_key",  # no null and no duplicate key
    "enum",  # value in `values`
    "length",  # `minLength`, `maxLength`: characters of a string
    "pattern",  # `pattern`: unanchored RE2 search
    "format",  # `format`: uuid, email, ipv4, ... and integer ranges
    "bounds",  # `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`
    "multiple_of",  # `multipleOf`
    "size",  # `minItems`, `maxItems`; `minProperties`, `maxProperties`
    "unique_items",  # `uniqueItems` of an array
    "required_keys",  # `required` members of an object, keys of a map
    "metric",  # a library metric, in `metric`
    "sql",  # a query that returns one value, in `query`
    "service_level",  # how old the `end` of a column may be, by `level`: latency, retention, frequency
    "relationship",  # foreign key
    "text",  # for people only
    "custom",  # for another engine
]


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One check, with no engine in sight.

    A check that looks at rows measures how many rows violate it; `threshold` judges that
    measure (or, for rowCount and sql, the value itself). `column` is the dotted path of the
    column, as it is called in data, with `[]` for the items of an array and `{}` for the values
    of a map; None for checks on the object. `mergeable` checks are sums over rows: their
    measures over parts add up to that over the whole.

    `steps` leads from the row to a nested value, its top-level column first; empty when `column`
    is a top-level column, whose name may then hold any character. `key` and `withheld` are for
    samples: the object's key columns, and its top-level columns that hold classified data.
    `arguments` may hold `skip` or `error`: why the check cannot run on any engine. `schedule` and
    `scheduler` are the rule's: carried to the result, not acted on.
    """

    id: str  # stable inside the contract: deals.amount.required, deals.quality[0]
    path: str  # place in the contract document: schema[0].properties[2].required
    object: str
    kind: CheckKind
    column: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    threshold: Threshold = NONE_MAY_FAIL
    severity: Severity = "error"
    dimension: str | None = None
    description: str = ""
    mergeable: bool = True
    steps: tuple[Step, ...] = ()
    key: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    schedule: str | None = None
    scheduler: str | None = None

    @property
    def proof(self) -> Proof | None:
        """Which statistics of a column prove it, None where rows have to be read."""
        match self.kind:
            case "present" | "type":
                return "schema"
            case "required":
                return "nulls"
            case "bounds":
                return "bounds"
            case "metric":
                return self._proof_of_metric()
            case "enum" | "length" | "pattern" | "format" | "multiple_of":
                return "values"
        return None

    def _proof_of_metric(self) -> Proof | None:
        metric = self.arguments.get("metric")
        if metric == "rowCount":
            return "rows"
        if metric == "nullValues":
            return "nulls"
        if metric == "invalidValues":
            given = self.arguments.keys() - {"metric", "columns"}
            return "bounds" if given and given <= _INTERVAL else "values"
        return "values" if metric == "missingValues" else None


@dataclass(frozen=True, slots=True)
class Measure:
    """What an engine found for one check: the measured value, and examples of what failed.

    `rows` is the number of rows looked at. For a check on rows, `value` is the number of
    violating rows; for rowCount and sql it is the value itself, for a service level the lowest or
    highest value in microseconds since 1970 (None: there is none). `changing` says that the same rows may
    give another value at another time. `samples` holds up to five
    failing rows as {key column: value}, without classified columns. `found` is for `present` and
    `type` what is there instead, for a service level the kind of the column's type. `error` says why
    the check could not run.
    """

    value: Any = 0
    rows: int = 0
    samples: tuple[Mapping[str, Any], ...] = ()
    found: str | None = None
    error: str | None = None
    skip: str | None = None
    how: How = "scanned"
    changing: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The verdict on one check; `port` and `version` are those of the output port, where a run judged it."""

    spec: CheckSpec
    status: Status
    expected: str
    observed: str
    measure: Measure
    port: str | None = None
    version: str | None = None

    @property
    def stops(self) -> bool:
        """Whether it keeps a candidate from being published.

        A service level that could not be judged does so only where its severity is error.
        """
        if self.spec.kind == "service_level" and self.spec.severity != "error":
            return False
        return self.status in ("fail", "error")

    def as_json(self) -> dict[str, Any]:
        """The result as plain data for facts and `--format json`."""
        place = {} if self.port is None else {"port": self.port, "version": self.version}
        return {
            "check": self.spec.id,
            **place,
            "path": self.spec.path,
            "object": self.spec.object,
            "column": self.spec.column,
            "kind": self.spec.kind,
            "status": self.status,
            "severity": self.spec.severity,
            "dimension": self.spec.dimension,
            "schedule": self.spec.schedule,
            "scheduler": self.spec.scheduler,
            "expected": self.expected,
            "observed": self.observed,
            "rows": self.measure.rows,
            "how": self.measure.how,
            "samples": [dict(sample) for sample in self.measure.samples],
        }


def reached(results: Iterable[CheckResult]) -> dict[How, int]:
    """How many verdicts were proved, remembered and scanned."""
    found: dict[How, int] = {"proved": 0, "remembered": 0, "scanned": 0}
    for result in results:
        if result.status not in ("skip", "error"):
            found[result.measure.how] += 1
    return found
