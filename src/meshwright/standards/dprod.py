"""Data products as linked data: DPROD 1.0 beta (OMG) over DCAT 3 (W3C), written as JSON-LD 1.1.

https://ekgf.github.io/dprod/, https://www.w3.org/TR/vocab-dcat-3/, https://www.w3.org/TR/json-ld11/.
The context is part of every document: nothing has to be fetched to read one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

MEDIA_TYPE = "application/ld+json"

DPROD = "https://ekgf.github.io/dprod/"

_LIFECYCLE = f"{DPROD}data/lifecycle-status/"
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_XSD = "http://www.w3.org/2001/XMLSchema#"


def _reference(term: str) -> Mapping[str, str]:
    return {"@id": term, "@type": "@id"}


CONTEXT: Mapping[str, Any] = {
    "@version": 1.1,
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dprod": DPROD,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "sh": "http://www.w3.org/ns/shacl#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": _XSD,
    "id": "@id",
    "type": "@type",
    "DataProduct": "dprod:DataProduct",
    "DataProductLifecycleStatus": "dprod:DataProductLifecycleStatus",
    "InformationSensitivityClassification": "dprod:InformationSensitivityClassification",
    "Catalog": "dcat:Catalog",
    "DataService": "dcat:DataService",
    "Dataset": "dcat:Dataset",
    "Distribution": "dcat:Distribution",
    "Agent": "prov:Agent",
    "Contact": "vcard:Kind",
    "Domain": "foaf:Organization",
    "NodeShape": "sh:NodeShape",
    "PropertyShape": "sh:PropertyShape",
    "label": "rdfs:label",
    "title": "dct:title",
    "description": "dct:description",
    "identifier": "dct:identifier",
    "version": "dcat:version",
    "keyword": "dcat:keyword",
    "name": "foaf:name",
    "purpose": "dprod:purpose",
    "modified": {"@id": "dct:modified", "@type": "xsd:dateTime"},
    "conformsTo": _reference("dct:conformsTo"),
    "publisher": _reference("dct:publisher"),
    "isReplacedBy": _reference("dct:isReplacedBy"),
    "format": _reference("dct:format"),
    "mediaType": _reference("dcat:mediaType"),
    "status": _reference("adms:status"),
    "landingPage": _reference("dcat:landingPage"),
    "contactPoint": _reference("dcat:contactPoint"),
    "endpointURL": _reference("dcat:endpointURL"),
    "endpointDescription": _reference("dcat:endpointDescription"),
    "servesDataset": _reference("dcat:servesDataset"),
    "accessService": _reference("dcat:accessService"),
    "distribution": _reference("dcat:distribution"),
    "resource": _reference("dcat:resource"),
    "dataset": _reference("dcat:dataset"),
    "service": _reference("dcat:service"),
    "domain": _reference("dprod:domain"),
    "dataProductOwner": _reference("dprod:dataProductOwner"),
    "lifecycleStatus": _reference("dprod:lifecycleStatus"),
    "inputPort": _reference("dprod:inputPort"),
    "outputPort": _reference("dprod:outputPort"),
    "inputDataset": _reference("dprod:inputDataset"),
    "outputDataset": _reference("dprod:outputDataset"),
    "isAccessServiceOf": _reference("dprod:isAccessServiceOf"),
    "isDistributionOf": _reference("dprod:isDistributionOf"),
    "informationSensitivityClassification": _reference("dprod:informationSensitivityClassification"),
    "formattedName": "vcard:fn",
    "hasURL": _reference("vcard:hasURL"),
    "hasEmail": _reference("vcard:hasEmail"),
    "property": _reference("sh:property"),
    "path": _reference("sh:path"),
    "columnName": "sh:name",
    "columnDescription": "sh:description",
    "datatype": _reference("sh:datatype"),
    "minCount": {"@id": "sh:minCount", "@type": "xsd:integer"},
    "maxCount": {"@id": "sh:maxCount", "@type": "xsd:integer"},
}
"""The terms of a document; those of DPROD are named as DPROD's own context names them."""

_PHASES: Mapping[str, str] = {
    "proposed": "Ideation",
    "draft": "Build",
    "active": "Consume",
    "deprecated": "Consume",
}
"""DPROD's phase by our status; it has none for what is retired."""

_STATUSES: Mapping[str, str] = {
    "proposed": "UnderDevelopment",
    "draft": "UnderDevelopment",
    "active": "Completed",
    "deprecated": "Deprecated",
    "retired": "Withdrawn",
}
"""The status of ADMS (http://purl.org/adms/status/), which DCAT 3 names, by ours."""

_DATATYPES: Mapping[str, str] = {
    "string": "string",
    "integer": "integer",
    "number": "decimal",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "dateTime",
    "time": "time",
}
"""The datatype of XML Schema by logical type (ODCS); lists, structures and maps have none."""


@dataclass(frozen=True, slots=True)
class DescribedColumn:
    """A column of a dataset; `path` is that of nested ones."""

    path: str
    logical_type: str | None = None
    description: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class DescribedDataset:
    """A table that a port serves: its address is the port's with `#` and its name."""

    address: str
    name: str
    title: str | None = None
    description: str | None = None
    keywords: Sequence[str] = ()
    classifications: Sequence[str] = ()
    columns: Sequence[DescribedColumn] = ()


@dataclass(frozen=True, slots=True)
class DescribedPort:
    """A port: what is served, or (`datasets` left out) what is read, by the address of that."""

    address: str
    name: str
    description: str | None = None
    version: str | None = None
    status: str | None = None
    datasets: Sequence[DescribedDataset] = ()
    reads: Sequence[str] = ()  # addresses of the datasets behind an input port


@dataclass(frozen=True, slots=True)
class DescribedProduct:
    """What is told of a product. Addresses are the permanent ones (`mesh://...`)."""

    address: str
    domain: str
    product: str
    name: str
    status: str
    version: str | None = None
    purpose: str | None = None
    usage: str | None = None
    limitations: str | None = None
    owner: str | None = None
    team: str | None = None
    successor: str | None = None
    keywords: Sequence[str] = ()
    contacts: Sequence[tuple[str, str | None]] = ()  # name and URL
    applied_at: str | None = None
    published_at: str | None = None
    inputs: Sequence[DescribedPort] = ()
    outputs: Sequence[DescribedPort] = ()


@dataclass(frozen=True, slots=True)
class DescribedCatalogue:
    """The mesh itself; `domains` are their names with what they are about."""

    mesh: str
    description: str | None = None
    domains: Sequence[tuple[str, str | None]] = ()


def product_document(product: DescribedProduct, base: str | None = None) -> dict[str, Any]:
    """One product as a JSON-LD document; `base` is the URL of the server that shows it.

    The columns of its datasets are SHACL shapes that the datasets conform to.
    """
    return {"@context": CONTEXT, **_product(product, base)}


def catalogue_text(
    catalogue: DescribedCatalogue, products: Iterable[DescribedProduct], base: str | None = None
) -> Iterator[str]:
    """The whole catalogue as JSON-LD text, in parts: a product of each, as `products` yields them."""
    address = f"mesh://{_segment(catalogue.mesh)}"
    head = {
        "@context": CONTEXT,
        "id": address,
        "type": "Catalog",
        "identifier": address,
        "title": catalogue.mesh,
        "label": catalogue.mesh,
        **_given(
            description=catalogue.description or f"The data products of {catalogue.mesh}.",
            landingPage=f"{base.rstrip('/')}/" if base else None,
        ),
        "publisher": {"id": f"{address}#publisher", "type": ["Agent", "foaf:Agent"], "name": catalogue.mesh},
        "dct:hasPart": [
            {
                "id": f"{address}/{_segment(name)}",
                "type": "Domain",
                "name": name,
                "label": name,
                **_given(description=about),
            }
            for name, about in catalogue.domains
        ],
    }
    services: list[str] = []
    datasets: list[str] = []
    yield _text(head)[:-1] + ',"resource":['
    between = ""
    for product in products:
        yield between + _text(_product(product, base))
        between = ","
        for port in product.outputs:
            services.append(iri(port.address))
            datasets += (iri(dataset.address) for dataset in port.datasets)
    yield f'],"service":{_text(services)},"dataset":{_text(datasets)}}}\n'


def iri(address: str) -> str:
    """An address as an IRI (RFC 3987): what has no place in one is percent-encoded.

    >>> iri("mesh://acme/sales/orders/orders@1#order lines")
    'mesh://acme/sales/orders/orders@1#order%20lines'
    """
    head, hash_, fragment = address.partition("#")
    return quote(head, safe="/:@") + (f"#{quote(fragment, safe='')}" if hash_ else "")


def _segment(name: str) -> str:
    return quote(name, safe="")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _given(**fields: Any) -> dict[str, Any]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value}


def _product(product: DescribedProduct, base: str | None) -> dict[str, Any]:
    here = iri(product.address)
    mesh = here.split("/")[2]
    domain = f"mesh://{mesh}/{_segment(product.domain)}"
    about = [product.purpose, product.usage, product.limitations]
    found: dict[str, Any] = {
        "id": here,
        "type": "DataProduct",
        "identifier": product.address,
        "title": product.name,
        "label": product.name,
        "status": f"http://purl.org/adms/status/{_STATUSES.get(product.status, 'UnderDevelopment')}",
        "domain": {"id": domain, "type": "Domain", "name": product.domain},
        "publisher": domain,
    }
    found |= _given(
        description="\n\n".join(text for text in about if text),
        purpose=product.purpose,
        version=product.version,
        keyword=list(dict.fromkeys(product.keywords)),
        modified=product.published_at or product.applied_at,
        landingPage=_page(product, base),
        isReplacedBy=_successor(product.successor, mesh),
    )
    if product.status in _PHASES:
        phase = f"{_LIFECYCLE}{_PHASES[product.status]}"
        found["lifecycleStatus"] = {"id": phase, "type": "DataProductLifecycleStatus"}
    if product.owner:
        agent = f"mesh://{mesh}/mesh/people#{_segment(product.owner)}"
        found["dataProductOwner"] = {"id": agent, "type": ["Agent", "foaf:Agent"], "name": product.owner}
    contacts = [_contact(name, url) for name, url in product.contacts]
    found |= _given(
        contactPoint=contacts,
        inputPort=[_input(port) for port in product.inputs],
        outputPort=[_output(port, product) for port in product.outputs],
        inputDataset=[iri(address) for port in product.inputs for address in port.reads],
        outputDataset=[iri(dataset.address) for port in product.outputs for dataset in port.datasets],
    )
    return found


def _page(product: DescribedProduct, base: str | None) -> str | None:
    if not base:
        return None
    return f"{base.rstrip('/')}/mesh/{_segment(product.domain)}/{_segment(product.product)}"


def _successor(text: str | None, mesh: str) -> str | None:
    """What comes after a product, which is written as an address or as `domain/product`."""
    if not text:
        return None
    return iri(text if text.startswith("mesh://") else f"mesh://{mesh}/{text}")


def _contact(name: str, url: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "Contact", "formattedName": name}
    if url:
        try:
            scheme = urlsplit(url).scheme
        except ValueError:
            return found
        plain = quote(url, safe="%/:?#[]@!$&'()*+,;=~")
        if scheme == "mailto":
            found["hasEmail"] = plain
        elif scheme in ("http", "https"):
            found["hasURL"] = plain
    return found


def _input(port: DescribedPort) -> dict[str, Any]:
    """A port that reads another product's is that port; what it is called here is not said of it."""
    found: dict[str, Any] = {"id": iri(port.address), "type": "DataService"}
    if port.reads:
        return found | {"servesDataset": [{"id": iri(each), "type": "Dataset"} for each in port.reads]}
    return found | {"label": port.name, "title": port.name}


def _output(port: DescribedPort, product: DescribedProduct) -> dict[str, Any]:
    here = iri(port.address)
    status = _STATUSES.get(port.status or product.status, "UnderDevelopment")
    return {
        "id": here,
        "type": "DataService",
        "identifier": port.address,
        "label": port.name,
        "title": port.name,
        "endpointURL": here,
        "status": f"http://purl.org/adms/status/{status}",
        **_given(
            description=port.description,
            version=port.version,
            isAccessServiceOf=[_distribution(dataset, here, product) for dataset in port.datasets],
            servesDataset=[iri(dataset.address) for dataset in port.datasets],
        ),
    }


def _distribution(dataset: DescribedDataset, service: str, product: DescribedProduct) -> dict[str, Any]:
    here = iri(dataset.address)
    distribution = f"{here}.distribution"
    return {
        "id": distribution,
        "type": "Distribution",
        "title": dataset.title or dataset.name,
        "format": f"{_MEDIA_TYPES}application/vnd.apache.parquet",
        "mediaType": f"{_MEDIA_TYPES}application/vnd.apache.parquet",
        "accessService": service,
        "dcat:accessURL": {"id": service},
        "isDistributionOf": {
            "id": here,
            "type": "Dataset",
            "identifier": dataset.address,
            "title": dataset.title or dataset.name,
            "label": dataset.name,
            "distribution": distribution,
            **_given(
                description=dataset.description,
                keyword=list(dict.fromkeys(dataset.keywords)),
                modified=product.published_at,
                informationSensitivityClassification=[
                    {"type": "InformationSensitivityClassification", "label": each}
                    for each in dataset.classifications
                ],
                conformsTo=_shape(dataset, here) if dataset.columns else None,
            ),
        },
    }


def _shape(dataset: DescribedDataset, here: str) -> dict[str, Any]:
    return {
        "id": f"{here}.shape",
        "type": "NodeShape",
        "label": dataset.name,
        "property": [_column(column, here) for column in dataset.columns],
    }


def _column(column: DescribedColumn, dataset: str) -> dict[str, Any]:
    datatype = _DATATYPES.get(column.logical_type or "")
    return {
        "type": "PropertyShape",
        "path": f"{dataset}.{_segment(column.path)}",
        "columnName": column.path,
        **_given(
            columnDescription=column.description,
            datatype=f"{_XSD}{datatype}" if datatype else None,
            minCount=int(column.required),
            maxCount=int(datatype is not None),
        ),
    }
