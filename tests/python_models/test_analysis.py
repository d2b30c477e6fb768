"""What the models of a product read, build and get wrong, told from their code alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from meshwright.errors import DocumentError
from meshwright.experience.models import (
    Read,
    analyse_product,
    analyse_products,
    analysis_from_json,
    analysis_to_json,
)
from meshwright.model.address import ProductKey
from meshwright.model.contract import Contract, ContractObject, Property
from meshwright.model.mesh import Mesh
from meshwright.model.product import Bundle, InputPort, Model, OutputPort, Product


def contract(ident, objects, version="1.0.0"):
    return Contract(
        id=ident,
        version=version,
        api_version="v3.2.0",
        file=f"{ident}.yaml",
        document={},
        objects=tuple(
            ContractObject(
                name, f"schema[{i}]", properties=tuple(Property(c, f"p{j}") for j, c in enumerate(cols))
            )
            for i, (name, cols) in enumerate(objects.items())
        ),
    )


def output(name, bound, custom=None):
    return OutputPort(name, bound.version, bound.id, f"outputPorts.{name}", bound, custom=custom or {})


def product(key, models, inputs=(), outputs=(), dialect="duckdb"):
    key = ProductKey.parse(key)
    folder = f"domains/{key}"
    made = []
    for file, text in models.items():
        stem, _, kind = file.rpartition(".")
        name, _, major = stem.partition("@")
        language = "python" if kind == "py" else "sql"
        made.append(Model(name, int(major) if major else None, language, f"{folder}/models/{file}", text))
    return Product(
        key=key,
        id=str(key),
        bundle=Bundle(key.domain, key.product, folder, "digest", {}, {}),
        document={},
        file=f"{folder}/product.yaml",
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        models=tuple(made),
        dialect=dialect,
    )


CRM = contract("crm", {"deals": ["id", "Amount", "client_id", "status"], "clients": ["client_id", "name"]})
OFFICES = contract("offices", {"office": ["office_id", "city"]})
REPORT = contract("report", {"report": ["id", "total"]})


def mesh_of(*products):
    offices = product("assets/offices", {}, outputs=[output("offices", OFFICES)])
    every = [offices, *products]
    return Mesh("m", "/nowhere", {}, "dev", frozenset(), {}, {p.key: p for p in every})


def analyse(models, materialization="full", cache=None, dialect="duckdb"):
    inputs = [
        InputPort("crm", "crm", "1.0.0", "inputPorts[0]", CRM),
        InputPort("buildings", "offices", "1.0.0", "inputPorts[1]"),
    ]
    port = output("report", REPORT, {"materialization": materialization})
    one = product("brokerage/deals", models, inputs, [port], dialect)
    return analyse_product(one, mesh_of(one), cache)


def codes(analysis):
    return [problem.code for problem in analysis.problems]


def test_references_resolve_to_input_objects_and_models():
    analysis = analyse(
        {
            "report.sql": "select s.id, 0 as total from staged s "
            'join assets.offices."office@1" o on o.city = s.city',
            "staged.sql": "select id, 'x' as city from crm.deals",
        }
    )
    assert analysis.problems == ()
    assert analysis.order == ("staged", "report")
    assert analysis.models["report"].reads == {
        "staged": Read(None, "staged"),
        "assets.offices.office@1": Read("buildings", "office"),
    }
    assert analysis.builds == {("report", "1.0.0", "report"): "report"}
    assert analysis.used_objects() == {"crm": {"deals"}, "buildings": {"office"}}


def test_columns_are_followed_through_intermediate_models():
    analysis = analyse(
        {
            "report.sql": "select id, sum(amount) as total from staged group by id",
            "staged.sql": "select * from crm.deals where status = 'won'",
        }
    )
    assert analysis.used == {("crm", "deals"): frozenset({"id", "Amount", "status"})}
    assert analysis.models["staged"].columns == ("id", "amount", "client_id", "status")


def test_a_star_in_a_served_model_uses_every_column():
    analysis = analyse({"report.sql": "select * from crm.clients"})
    assert analysis.used == {("crm", "clients"): frozenset({"client_id", "name"})}


def test_what_a_python_model_uses_cannot_be_told():
    analysis = analyse(
        {
            "report.py": "import os\n\ndef model(staged, buildings__office):\n    return staged.read_all()\n",
            "staged.sql": "select * from crm.clients",
        }
    )
    assert analysis.problems == ()
    assert analysis.models["report"].reads == {
        "staged": Read(None, "staged"),
        "buildings__office": Read("buildings", "office"),
    }
    assert analysis.used[("buildings", "office")] is None
    assert analysis.used[("crm", "clients")] == {"client_id", "name"}
    assert analysis.needed_for("report") == ("staged", "report")


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("select * from leasing.leases", "MW204", "declare an input port named `leasing`"),
        ("select * from crm.deal", "MW204", "did you mean `deals`?"),
        ("select * from deals", "MW204", "did you mean `crm.deals`?"),
        ("select * from finance.books.book", "MW204", "declare an input port"),
        ('select * from assets.offices."office@2"', "MW204", "office@1"),
        ("select * from 'deals.parquet'", "MW203", "declare an input port"),
        ("select d.amuont from crm.deals d", "MW208", "did you mean `amount`?"),
        ("select * from report", "MW205", "cannot read its own result"),
        ("select id from changes(crm.deals)", "MW209", "append or merge"),
    ],
)
def test_a_wrong_statement_is_a_problem_with_its_way_out(text, code, says):
    analysis = analyse({"report.sql": text})
    assert codes(analysis) == [code]
    problem = analysis.problems[0]
    assert says in problem.hint
    assert problem.file == "domains/brokerage/deals/models/report.sql"
    with pytest.raises(DocumentError):
        analysis.raise_problems()


def test_a_problem_has_line_and_column():
    analysis = analyse({"report.sql": "select 1 as id,\n  d.nothing\nfrom crm.deals d\njoin x on true"})
    assert [(p.code, p.line, p.column) for p in analysis.problems] == [("MW204", 4, 6), ("MW208", 2, 5)]


def test_a_circle_is_printed():
    analysis = analyse(
        {"report.sql": "select 1 from a", "a.sql": "select 1 from b", "b.sql": "select 1 from a"}
    )
    assert codes(analysis) == ["MW205"]
    assert "a -> b -> a" in analysis.problems[0].message


def test_changes_are_right_below_a_table_that_grows():
    analysis = analyse(
        {"report.sql": "select * from new", "new.sql": "select id, 1 as total from changes(crm.deals)"},
        "append",
    )
    assert analysis.problems == ()
    assert analysis.models["new"].incremental
    assert analysis.models["new"].reads == {"changes(crm.deals)": Read("crm", "deals", True)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1", "no function `model`"),
        ("def model(:\n", "not valid Python"),
        ("def model(*tables): ...", "names no input"),
        ("def model(crm__deals=None): ...", "no default"),
        ("def model(crm__deals, /): ...", "by name"),
        ("async def model(crm__deals): ...", "async"),
        ("def model(crm__deals): ...\ndef model(crm__clients): ...", "more than once"),
        ("def model(crm__dels): ...", "names no input and no model"),
    ],
)
def test_a_python_file_that_is_no_model_is_a_problem(text, says):
    assert any(says in problem.message for problem in analyse({"report.py": text}).problems)


def test_reading_a_python_model_does_not_run_it():
    analysis = analyse({"report.py": "raise SystemExit\ndef model(crm__deals): ..."})
    assert analysis.problems == ()


def test_two_files_for_one_model_are_a_problem():
    assert "MW206" in codes(analyse({"report.sql": "select 1 as id", "report.py": "def model(): ..."}))


def test_models_of_a_major_prefer_each_other():
    analysis = analyse(
        {
            "report.sql": "select 1 as id, 2 as total from staged",
            "report@2.sql": "select * from staged",
            "staged.sql": "select 1 as a",
            "staged@2.sql": "select 2 as a",
        }
    )
    assert analysis.models["report"].models == ("staged",)
    assert analysis.models["report@2"].models == ("staged@2",)


def test_an_analysis_survives_a_round_trip_as_json():
    analysis = analyse({"report.sql": "select d.zz from crm.deals d", "p.py": "def model(crm__clients): ..."})
    assert analysis_from_json(analysis_to_json(analysis)) == analysis


class Kept(dict):
    """A cache in memory."""

    def get_many(self, keys):
        return {key: self[key] for key in keys if key in self}

    def put_many(self, values):
        self.update(values)


def test_the_cache_gives_back_what_was_analysed_and_notices_changes():
    cache = Kept()
    text = {"report.sql": "select id, amount as total from crm.deals"}
    first = analyse(text, cache=cache)
    assert len(cache) == 1
    assert analyse(text, cache=cache) == first
    assert len(cache) == 1
    analyse(text, "append", cache=cache)
    analyse({"report.sql": "select id from crm.deals"}, cache=cache)
    assert len(cache) == 3


def test_products_are_analysed_in_one_look_at_the_cache():
    products = [product(f"a/p{n}", {"m.sql": "select 1 as x"}) for n in range(5)]
    cache = Kept()
    found = analyse_products(products, mesh_of(*products), cache)
    assert list(found) == [p.key for p in products]
    assert len(cache) == 5


def test_without_models_and_with_everything_in_the_cache_the_parser_is_not_loaded():
    code = (
        "import sys; import meshwright.experience.models as m; "
        "import meshwright.sql.rewrite, meshwright.sql.columns, meshwright.sql.parse; "
        "sys.exit('sqlglot' in sys.modules or 'pyarrow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
