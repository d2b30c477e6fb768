"""The checks of lineitem as expectations of Great Expectations 1.x, run on one Parquet file.

Run by the interpreter of its virtual environment, with the file, and `exact` or `doubles`: whether its
decimals are read as such, as pandas does, or as floating-point numbers, which are quick and not what is
stored. Dates are timestamps: as pandas reads them they are Python objects, and take longer. What it cannot
express of the contract is the columns' types, as pandas has others.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import verification as lineitem


def expectations() -> list[Any]:
    """One expectation a check; two bounds of a column are one."""
    found: list[Any] = [gxe.ExpectTableRowCountToBeBetween(min_value=1)]
    for name in lineitem.KINDS:
        found += [gxe.ExpectColumnToExist(column=name), gxe.ExpectColumnValuesToNotBeNull(column=name)]
    for name, options in lineitem.OPTIONS.items():
        if "minimum" in options:
            bounds = {"min_value": options["minimum"], "max_value": options.get("maximum")}
            found.append(gxe.ExpectColumnValuesToBeBetween(column=name, **bounds))
        if "maxLength" in options:
            most = options["maxLength"]
            found.append(gxe.ExpectColumnValueLengthsToBeBetween(column=name, max_value=most))
        if "pattern" in options:
            found.append(gxe.ExpectColumnValuesToMatchRegex(column=name, regex=options["pattern"]))
    for name, values in lineitem.VALUES.items():
        found.append(gxe.ExpectColumnValuesToBeInSet(column=name, value_set=values))
    pair = {"column_A": "l_receiptdate", "column_B": "l_shipdate", "or_equal": True}
    found.append(gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair))
    found.append(gxe.ExpectCompoundColumnsToBeUnique(column_list=list(lineitem.KEY)))
    return found


def rows_of(path: str, exact: bool) -> pd.DataFrame:
    """The rows in the types that pandas is quick with, decimals only where it need not be `exact`."""

    def quick(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_decimal(kind) and not exact:
            return pa.float64()
        if pa.types.is_date(kind):
            return pa.timestamp("ms")
        return pa.string() if pa.types.is_string_view(kind) else kind

    table = pq.read_table(path)
    return table.cast(pa.schema([(field.name, quick(field.type)) for field in table.schema])).to_pandas()


def main() -> None:
    """Print how many expectations were met; exits with 1 where one was not."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("files").add_dataframe_asset("lineitem")
    rows = rows_of(sys.argv[1], exact=sys.argv[2] == "exact")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": rows})
    suite = gx.ExpectationSuite(name="lineitem", expectations=expectations())
    found = batch.validate(suite, result_format="BOOLEAN_ONLY")
    met = sum(bool(one.success) for one in found.results)
    print(f"{met} of {len(suite.expectations)} met")
    sys.exit(0 if found.success else 1)


if __name__ == "__main__":
    main()
