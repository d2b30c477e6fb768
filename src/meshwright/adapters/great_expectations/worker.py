"""Judges expectations in a process of its own: `worker.py ROWS RULES ANSWERS` (Arrow stream, JSON, JSON).

Nothing of this package is imported here: the process has only what Great Expectations needs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

COLUMNS = ("column", "column_A", "column_B", "column_list", "column_set")
"""Arguments that name columns which have to be there."""


def main(rows: str, rules: str, answers: str) -> None:
    """Answer every rule; see `answer`."""
    import great_expectations as gx
    import pandas as pd
    import pyarrow as pa

    with pa.OSFile(rows) as file:
        table = pa.ipc.open_stream(file).read_all()
    nullable = {
        **{getattr(pa, f"int{n}")(): getattr(pd, f"Int{n}Dtype")() for n in (8, 16, 32, 64)},
        pa.bool_(): pd.BooleanDtype(),
    }  # as floats, whole numbers beside a null would lose digits
    frame = table.to_pandas(types_mapper=nullable.get)
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    asked = json.loads(Path(rules).read_text(encoding="utf-8"))
    found = {name: answer(batch, frame, rule) for name, rule in asked.items()}
    Path(answers).write_text(json.dumps(found), encoding="utf-8")


def answer(batch: Any, frame: Any, rule: dict[str, Any]) -> dict[str, Any]:
    """Whether an expectation (`type`, `kwargs`) is met: `success`, `unexpected` rows; or an `error`.

    Messages of exceptions are not told, as they may quote values.
    """
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    kind, kwargs = rule["type"], rule["kwargs"]
    for name in COLUMNS:
        given = kwargs.get(name)
        for column in given if isinstance(given, list) else [given]:
            if name not in ("column_set",) and column is not None and column not in frame.columns:
                return {"error": f"no column `{column}`"}
    try:
        expectation = ExpectationConfiguration(type=kind, kwargs=kwargs).to_domain_obj()
    except GreatExpectationsError:
        return {"error": f"Great Expectations has no expectation `{kind}`"}
    except Exception as wrong:  # noqa: BLE001 (pydantic's, of whichever version)
        return {"error": f"`{kind}` does not take these arguments: {' '.join(str(wrong).split())}"}
    try:
        result = batch.validate(expectation, result_format="BASIC")
    except Exception as wrong:  # noqa: BLE001 (whatever it is, it is no verdict)
        return {"error": f"Great Expectations raised {type(wrong).__name__}"}
    raised = _raised(result.exception_info or {})
    if raised is not None or result.success not in (True, False):
        return {"error": f"Great Expectations raised {raised or 'an exception'}"}
    unexpected = (result.result or {}).get("unexpected_count")
    return {"success": bool(result.success), "unexpected": None if unexpected is None else int(unexpected)}


def _raised(info: dict[str, Any]) -> str | None:
    """The class of an exception that was raised on the way."""
    if "raised_exception" in info:
        if not info["raised_exception"]:
            return None
        lines = (info.get("exception_traceback") or "").strip().splitlines() or ["an exception"]
        return str(lines[-1]).partition(":")[0].rpartition(".")[2]
    found = (_raised(each) for each in info.values() if isinstance(each, dict))
    return next((each for each in found if each is not None), None)


if __name__ == "__main__":
    main(*sys.argv[1:])
