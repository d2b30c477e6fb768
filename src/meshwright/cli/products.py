"""The products that a person names on the command line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from meshwright.errors import InputError, Refused
from meshwright.model.address import ProductKey

if TYPE_CHECKING:
    from meshwright.cli.workspace import Workspace


def owned_key(workspace: Workspace, text: str) -> ProductKey:
    """The product that a person means, which must be of a domain that this tree owns.

    Raises:
        InputError: there is none, or there are several.
        Refused: it is another tree's.
    """
    key = product_key(workspace, text)
    if key.domain in workspace.raw.settings.owned - workspace.owned:
        raise Refused(
            f"{key} is of domain `{key.domain}`, which repository {workspace.state.owners[key.domain]} owns",
            way_out=f"do it there, or take the domain over: `mesh apply --take-over {key.domain}`",
        )
    if key.domain not in workspace.mesh.owned:
        raise Refused(
            f"{key} is known from the registry: this tree does not own domain `{key.domain}`",
            way_out=f"do it in the tree that does, or add `{key.domain}` to `domains` in mesh.yaml",
        )
    return key


def product_key(workspace: Workspace, text: str) -> ProductKey:
    """The product that a person means: DOMAIN/PRODUCT, DOMAIN.PRODUCT, an address, or a lone name.

    Raises:
        InputError: there is none, or there are several.
    """
    keys = [key for key, product in workspace.mesh.products.items() if workspace.mesh.sees(product)]
    if text.isidentifier():
        named = [key for key in keys if key.product == text]
        if len(named) == 1:
            return named[0]
        if named:
            raise InputError(
                f"`{text}` is the name of several products", way_out=f"say {' or '.join(map(str, named))}"
            )
    else:
        key = ProductKey.parse(text.split("@")[0])
        if text.startswith("mesh://") and text.split("/")[2] != workspace.mesh.name:
            raise InputError(f"`{text}` is of another mesh", way_out=f"this is `{workspace.mesh.name}`")
        if key in keys:
            return key
        text = str(key)
    declared = [str(key) for key in workspace.raw.bundles if text in (str(key), key.product)]
    if workspace.applied and declared:
        from meshwright.experience.query import not_applied

        raise not_applied(declared[0], workspace.environment.name)
    close = get_close_matches(text, [*map(str, keys), *(key.product for key in keys)], 1)
    raise InputError(
        f"there is no product `{text}`" + (f" in {workspace.environment.name}" if workspace.applied else ""),
        way_out=f"did you mean {close[0]}?" if close else "`mesh list` shows what there is",
    )
