"""Variables, secrets and increments of sources."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshwright.adapters.extraction.dates import strptime_pattern
from meshwright.errors import InputError, MissingPart
from meshwright.model.product import Environment
from meshwright.model.types import ColumnType
from meshwright.provisioning.increments import later, lower_bound, parse_lookback
from meshwright.provisioning.ports import Increment
from meshwright.provisioning.secrets import resolve, scrub, secrets_for
from meshwright.provisioning.variables import resolve_variables

# --- variables


def test_variables_are_resolved_wherever_text_is() -> None:
    value = {"host": "${HOST}", "ports": ["${PORT:-5432}", 1], "path": "a/${EMPTY:-b}/${HOST}"}
    assert resolve_variables(value, {"HOST": "db", "EMPTY": ""}) == {
        "host": "db",
        "ports": ["5432", 1],
        "path": "a/b/db",
    }


def test_what_a_variable_holds_is_not_resolved_again() -> None:
    assert resolve_variables("${A}", {"A": "${B}"}) == "${B}"


def test_a_variable_that_is_not_set_is_named_with_its_place() -> None:
    with pytest.raises(MissingPart) as caught:
        resolve_variables("${HOST}", {}, where="c.yaml: server crm, host")
    assert caught.value.what == "the variable HOST is not set"
    assert caught.value.where == "c.yaml: server crm, host"


# --- secrets


def test_references_lead_to_values(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("two\nlines\r\n")
    environment = Environment(
        "dev",
        "sqlite://",
        "/w",
        secrets={"crm": {"user": "env:CRM_USER", "password": "file:password"}, "api": "env:TOKEN"},
    )
    secrets = secrets_for(environment, {"CRM_USER": "ann", "TOKEN": "t0p"}, tmp_path)
    assert dict(secrets("crm")) == {"user": "ann", "password": "two\nlines"}
    assert dict(secrets("api")) == {"token": "t0p"}
    assert dict(secrets("other")) == {}
    assert "ann" not in repr(secrets("crm"))
    assert "ann" not in str(secrets("crm"))
    assert "ann" not in f"{secrets('crm')}"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("env:NOPE", "the secret password of server crm is not there: env:NOPE"),
        ("file:nope", "the secret password of server crm is not there: file:nope"),
        ("hunter2", "the secret password of server crm is not given by reference"),
        ("vault:hunter2", "is not given by reference"),
        ("env:", "is not given by reference"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named_and_never_a_value(
    tmp_path: Path, reference: str, words: str
) -> None:
    with pytest.raises(MissingPart, match=words) as caught:
        resolve(reference, tmp_path, {}, server="crm", key="password")
    assert "hunter2" not in str(caught.value)


def test_a_secret_file_that_is_no_text_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00secret")
    with pytest.raises(MissingPart, match="not UTF-8") as caught:
        resolve("file:key", tmp_path, {})
    assert "secret\\" not in str(caught.value)
    assert caught.value.__cause__ is None


@given(st.text(min_size=6).filter(str.strip))
def test_no_form_of_a_secret_survives_scrubbing(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    pair = base64.b64encode(f"ann:{value}".encode()).decode()
    text = scrub(
        f"failed: {value} in ?key={quote_plus(value)} with Basic {pair}", {"user": "ann", "password": value}
    )
    assert text == "failed: *** in ?key=*** with Basic ***" or value not in text


# --- increments


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2 hours", 7200), ("1 day", 86400), ("90s", 90), ("1.5 Weeks", 907200), (5, 5), ("5", 5), (0, 0)],
)
def test_lookbacks_are_durations_or_numbers(text: str | int, seconds: float) -> None:
    assert parse_lookback(text) == seconds


@pytest.mark.parametrize("text", ["soon", "2 moons", "-1 day", -1, "", float("inf"), "1 day 2 hours"])
def test_what_is_no_lookback_is_refused(text: str | float) -> None:
    with pytest.raises(InputError, match="is no lookback"):
        parse_lookback(text)


@pytest.mark.parametrize(
    ("kind", "since", "lookback", "expected"),
    [
        (ColumnType("timestamp"), "2026-03-01T00:30:00.000001", 3600, "2026-02-28T23:30:00.000001"),
        (ColumnType("timestamptz"), "2026-03-01T00:30:00+02:00", 0, "2026-02-28T22:30:00.000000+00:00"),
        (ColumnType("timestamp"), "0001-01-01T00:00:00", 1, "0001-01-01T00:00:00.000000"),
        (ColumnType("date"), "2026-03-01", 3600, "2026-02-28"),
        (ColumnType("int64"), "100", 2.5, "97"),
        (ColumnType("int64"), "9223372036854775807", 0, "9223372036854775807"),
        (ColumnType("decimal", 10, 2), "10.50", 0.25, "10.25"),
        (ColumnType("double"), "1.5", 1, "0.5"),
        (ColumnType("string"), "b", 0, "b"),
    ],
)
def test_the_lower_bound_is_since_less_the_lookback(
    kind: ColumnType, since: str, lookback: float, expected: str
) -> None:
    assert lower_bound(Increment("c", since, lookback), kind) == expected


def test_the_first_time_everything_is_read() -> None:
    assert lower_bound(Increment("c", None, 3600.0), ColumnType("date")) is None


def test_what_cannot_be_a_cursor_is_refused() -> None:
    for kind in (ColumnType("boolean"), ColumnType("list", item=ColumnType("int64")), ColumnType("binary")):
        with pytest.raises(InputError, match="cannot be a cursor"):
            lower_bound(Increment("c"), kind)
    with pytest.raises(InputError, match="is no date"):
        lower_bound(Increment("c", "soon"), ColumnType("date"))
    with pytest.raises(InputError, match="a lookback says nothing"):
        lower_bound(Increment("c", "a", 1.0), ColumnType("string"))


def test_a_cursor_never_moves_back() -> None:
    assert later("9", "10", ColumnType("int64")) == "10"
    assert later("10", "9", ColumnType("int64")) == "10"
    assert later("10", None, ColumnType("int64")) == "10"
    assert later(None, "1", ColumnType("int64")) == "1"
    assert later(None, None, ColumnType("int64")) is None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy-MM-dd", "%Y-%m-%d"),
        ("dd.MM.yy HH:mm:ss.SSS", "%d.%m.%y %H:%M:%S.%g"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "%Y-%m-%dT%H:%M:%S%z"),
        ("yyyy 'o''clock' HH 100%", "%Y o'clock %H 100%%"),
        ("date-time", None),
        ("qqqq", None),
    ],
)
def test_date_patterns_are_translated(pattern: str, expected: str | None) -> None:
    assert strptime_pattern(pattern) == expected
