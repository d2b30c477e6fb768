"""Tables by their names in a catalogue: REST, or a database that PyIceberg keeps."""

from __future__ import annotations

from collections.abc import Mapping

import requests
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError, NotInstalledError, RESTError
from pyiceberg.table import Table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from meshwright.adapters.extraction.drift import no_such_object
from meshwright.adapters.extraction.place import required_setting, setting
from meshwright.errors import InputError, MissingPart, Unavailable
from meshwright.model.contract import ContractObject
from meshwright.model.product import Source
from meshwright.provisioning.secrets import scrub


def load_table(
    source: Source, obj: ContractObject, environ: Mapping[str, str], secrets: Mapping[str, str], where: str
) -> Table:
    """The table of an object, in the server's namespace.

    Raises:
        InputError: the catalogue's URL is none.
        MissingPart: the driver of the catalogue's database is not installed.
        DriftError: there is no such table.
        Unavailable: the catalogue does not answer, or refuses.
    """
    namespace = tuple(str(setting(source, "namespace", environ, "default")).split("."))
    name = required_setting(source, "catalog", environ)
    properties = _properties(source, environ, secrets, where)
    try:
        catalogue = load_catalog(name, **properties)
        try:
            return catalogue.load_table((*namespace, obj.table))
        except (NoSuchTableError, NoSuchNamespaceError):
            there = _tables(catalogue, namespace)
    except (NotInstalledError, ModuleNotFoundError) as error:
        raise MissingPart(
            f"the catalogue {name} cannot be opened", where=where, why=str(error).splitlines()[0]
        ) from None
    except (RESTError, SQLAlchemyError, requests.RequestException, OSError, ValueError) as error:
        raise Unavailable(
            f"the catalogue {name} does not answer, or refuses",
            where=where,
            why=scrub((str(error) or type(error).__name__).splitlines()[0], secrets),
            way_out="check `catalogUrl`, `warehouse` and the secrets of the server",
        ) from None
    raise no_such_object(obj.table, there, where, f"the namespace {'.'.join(namespace)}")


def _properties(
    source: Source, environ: Mapping[str, str], secrets: Mapping[str, str], where: str
) -> dict[str, str]:
    url = required_setting(source, "catalogUrl", environ)
    warehouse = setting(source, "warehouse", environ)
    found = {"warehouse": str(warehouse)} if warehouse is not None else {}
    if url.startswith(("http://", "https://")):
        return {**found, "type": "rest", "uri": url, **secrets}
    try:
        address = make_url(url)
    except ArgumentError:
        raise InputError(
            f"`{url}` is no address of a catalogue",
            where=where,
            way_out="write https://... for a REST catalogue, sqlite:///FILE or postgresql+psycopg://... for "
            "one in a database, or file:///FOLDER for tables on disk",
        ) from None
    address = address.set(
        username=secrets.get("user", address.username), password=secrets.get("password", address.password)
    )
    rest = {key: value for key, value in secrets.items() if key not in ("user", "password")}
    uri = address.render_as_string(hide_password=False)
    return {**found, "type": "sql", "uri": uri, "init_catalog_tables": "false", **rest}


def _tables(catalogue: Catalog, namespace: tuple[str, ...]) -> set[str]:
    try:
        return {identifier[-1] for identifier in catalogue.list_tables(namespace)}
    except (NoSuchNamespaceError, RESTError):
        return set()
