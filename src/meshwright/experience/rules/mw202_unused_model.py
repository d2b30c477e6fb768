"""A model builds nothing.

## What it does
Warns of models whose name is no object of an output port (of their major), and that no other model of
the product mentions.

## Why is this bad
It is most often a misspelt file name, or left over from an object that is gone. Somebody will maintain
it without effect.

## Example
`models/deal.sql` beside a contract whose object is `deals`.

## What to do instead
Give the file the name of the object it builds, use it in another model, or delete it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.rules.places import model_for, owned
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.mesh import Mesh

CODE = "MW202"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Models without effect: a warning."""
    for product in owned(mesh):
        if not product.models:
            continue
        built = {
            model.file
            for port, obj in product.objects()
            if (model := model_for(product, port, obj)) is not None
        }
        for model in product.models:
            if model.file in built:
                continue
            word = re.compile(rf"\b{re.escape(model.name)}\b", re.IGNORECASE)
            if any(word.search(other.text) for other in product.models if other is not model):
                continue
            objects = Suggester(obj.table for _, obj in product.objects())
            listed = f"the product serves {', '.join(objects.names) or 'no object'}"
            yield Problem(
                CODE,
                f"{model.file} builds no object of {product.key}, and no other model uses it",
                file=model.file,
                hint=objects.hint(model.name, f"{listed}; remove the model, or serve an object of its name"),
                severity="warning",
            )
