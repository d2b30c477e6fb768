"""One run of one product, from lock to publication."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from meshwright.errors import ChecksFailed, Conflict, Fenced, LockHeld, MeshwrightError, Unavailable
from meshwright.experience.builds import Build
from meshwright.experience.models import ProductAnalysis
from meshwright.experience.relations import object_relation
from meshwright.experience.runs.build import Builder, data_files
from meshwright.experience.runs.context import RunContext
from meshwright.experience.runs.costs import Meter
from meshwright.experience.runs.inputs import InputReader, Inputs
from meshwright.experience.runs.locks import Held, holding
from meshwright.experience.runs.maintenance import EVERY, maintain, remove_run
from meshwright.experience.runs.quarantine import Built, Quarantine, Quarantined, kept
from meshwright.experience.runs.schedule import next_due
from meshwright.experience.runs.transform import Transformation, touches_classified
from meshwright.experience.runs.verify import (
    CustomRules,
    Produced,
    Results,
    RunCounts,
    stop_on_failure,
    verdicts_on_service_levels,
    verify,
)
from meshwright.experience.staleness import Fingerprint, fingerprint, stale_reasons
from meshwright.experience.tables import judged_types, named_as_declared
from meshwright.model.address import ProductKey
from meshwright.model.check import CheckResult, reached
from meshwright.model.product import Product
from meshwright.model.publication import Candidate, Cost, Handle, ObjectKey, Publication
from meshwright.provisioning.ports import Session
from meshwright.provisioning.registry import Event, Intent, Lock

_ATTEMPTS = 5
"""How often inputs are looked up while they are published anew."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of one run.

    `status` is published, current (another run has done it meanwhile), locked (another run is
    under way), failed, or blocked (the run of an upstream product failed).
    """

    product: ProductKey
    run: str
    status: str
    cost: Cost = field(default_factory=Cost)
    publication: Publication | None = None
    results: tuple[CheckResult, ...] = ()
    objects: Mapping[str, int] = field(default_factory=dict)  # rows by object@major
    quarantined: tuple[Quarantined, ...] = ()
    service_levels: tuple[Mapping[str, Any], ...] = ()  # of what was published, passed or not
    warnings: tuple[str, ...] = ()
    error: MeshwrightError | None = None

    def as_json(self) -> dict[str, Any]:
        """The outcome as plain data for facts and `--format json`."""
        return {
            "product": str(self.product),
            "run": self.run,
            "status": self.status,
            "publication": self.publication.id if self.publication else None,
            "number": self.publication.number if self.publication else None,
            "objects": dict(self.objects),
            "quarantined": {each.object: each.as_json() for each in self.quarantined},
            "cost": asdict(self.cost),
            "checks": [result.as_json() for result in self.results if result.status != "pass"],
            "service_levels": [dict(level) for level in self.service_levels],
            "passed": sum(result.status == "pass" for result in self.results),
            "reached": reached(self.results),
            "warnings": list(self.warnings),
            "error": self.error.as_json() if self.error else None,
        }


def run_product(context: RunContext, product: Product, build: Build, analysis: ProductAnalysis) -> RunOutcome:
    """Build a product once: extract, transform, verify, publish.

    A run that fails leaves the old publication in place and no file behind; the outcome holds its
    error. Every run is a fact, with what it cost.

    Raises:
        LockHeld: another run of the product is under way; that is no fact.
    """
    wanted = [product.key, *context.mesh.upstream(product)]
    meter = Meter(context.memory)
    for attempt in range(1, _ATTEMPTS + 1):
        current = context.registry.current(context.environment.name, wanted)
        if not build.asked and _done_meanwhile(context, product, build, current.get(product.key)):
            return RunOutcome(product.key, "", "current")
        run = context.new_run()
        try:
            lock = _begin(context, product.key, run, current, "; ".join(build.reasons))
            break
        except LockHeld:
            raise
        except Conflict:
            if attempt == _ATTEMPTS:
                raise
    with holding(context, lock) as held:
        return _Run(context, product, held, current, analysis, run, meter).execute()


def _begin(
    context: RunContext, key: ProductKey, run: str, current: Mapping[ProductKey, Publication], reason: str
) -> Lock:
    """Take the lock, and say what will be written and what is read, so that it is retained meanwhile.

    Raises:
        LockHeld: another run of the product is under way.
        Conflict: the product, or an input, was published anew since `current` was looked up.
    """
    base = current.get(key)
    read = tuple(publication.id for product, publication in current.items() if product != key)
    prefixes = (context.infrastructure.warehouse.prefix(key), str(context.scratch / run))
    intent = Intent(run, context.environment.name, key, 0, context.now(), prefixes, read)
    started = Event("run.started", str(key), {"run": run, "reason": reason})
    return context.registry.begin(
        intent, base.id if base else None, context.holder, context.lock_seconds, [started]
    )


def _done_meanwhile(context: RunContext, product: Product, build: Build, current: Publication | None) -> bool:
    """Whether another run has published what this one was to build."""
    if (current.id if current else None) == build.base:
        return False
    state = context.registry.state(context.environment.name)
    upstream = context.mesh.upstream(product)
    return not stale_reasons(state, product.key, product.bundle.digest, upstream, (), context.now())


@dataclass
class _Run:
    context: RunContext
    product: Product
    held: Held
    current: Mapping[ProductKey, Publication]
    analysis: ProductAnalysis
    id: str
    meter: Meter
    results: tuple[CheckResult, ...] = ()
    service_levels: tuple[Mapping[str, Any], ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    warnings: list[str] = field(default_factory=list)
    counts: RunCounts = field(init=False)
    committing: bool = False
    expiring: bool = False

    def __post_init__(self) -> None:
        self.counts = RunCounts(self.context.registry)

    def execute(self) -> RunOutcome:
        context = self.context
        folder = context.scratch / self.id
        self._reached("intended")
        try:
            _make(folder)
            built = self._build()
            shutil.rmtree(folder, ignore_errors=True)  # after publishing, no intent leads to it
            outcome = self._publish(*built)
        except MeshwrightError as error:
            if not self.committing:
                error = self._lost_lock() or error
            outcome = self._outcome("failed", error=error)
            if self.committing and isinstance(error, Unavailable):
                return outcome  # it may have been published: the next start finds out
            self._clear_away(outcome)
            return outcome
        finally:
            if folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
        warning = maintain(context, self.held.lock) if self.expiring else None
        return replace(outcome, warnings=(*outcome.warnings, warning)) if warning else outcome

    def _lost_lock(self) -> Fenced | None:
        """The deeper reason of a failure: without the lock, the run's files may have been removed."""
        try:
            self.context.registry.renew(self.held.lock, self.context.lock_seconds)
        except Fenced as error:
            return error
        except Unavailable:
            pass
        return None

    def _clear_away(self, outcome: RunOutcome) -> None:
        """Remove the files of a failed run; where storage does not answer, the next start does it."""
        context, facts = self.context, [self._finished(outcome)]
        if remove_run(context, self.id, self.product.key) is None:
            context.registry.record(context.environment.name, facts)
        else:
            context.registry.abandon(self.id, context.environment.name, facts)

    def _build(self) -> tuple[list[Candidate], Inputs, Publication | None]:
        """Extract, transform and verify; gives what is to be published."""
        context, product = self.context, self.product
        base = self.current.get(product.key)
        base_handles = context.handles(base.id) if base else {}
        self.analysis.raise_problems()
        with context.infrastructure.engine.session() as session:
            reader = InputReader(
                context,
                session,
                product,
                self.id,
                context.scratch / self.id,
                base,
                base_handles,
                self.current,
                self._reached,
            )
            inputs = reader.read(self.analysis.used_objects())
            self._count_inputs(inputs)
            self._reached("offered")
            candidates = self._transform(session, inputs, base, base_handles)
        return candidates, inputs, base

    def _transform(
        self,
        session: Session,
        inputs: Inputs,
        base: Publication | None,
        base_handles: Mapping[ObjectKey, Handle],
    ) -> list[Candidate]:
        product = self.product
        builder = Builder(self.context, session, product, self.id, base_handles)
        transformation = Transformation(
            self.context.infrastructure,
            session,
            product,
            self.analysis,
            inputs,
            self.context.scratch / self.id,
            touches_classified(product, self.context.mesh),
            self.context.limits,
            self.meter.charge,
        )
        same_logic = base is not None and Fingerprint.parse(base.fingerprint).logic == (
            fingerprint(product, {}).logic
        )
        built: list[Built] = []
        produced: dict[tuple[str, str, str], Any] = {}
        for port, obj in product.objects():
            model = transformation.model_of(port, obj)
            onto = builder.appends_to(port, obj) if same_logic else None
            appends = port.materialization(obj) == "append"
            if onto is not None and not transformation.changes_known(model, appends):
                onto = None
            relation = transformation.relation(model, whole=onto is None)
            self._reached("transformed")
            columns = named_as_declared(obj, session.describe(relation))
            candidate = builder.build(port, obj, relation, columns, onto, model.file)
            built.append(Built(port, obj, candidate, onto, model.file))
            types = judged_types(columns, candidate.handle.columns)
            produced[(port.name, port.version, obj.table)] = types
            session.offer(object_relation(obj.table, port.major), candidate.handle)
            self._reached("built")
        self._count_written([*(one.candidate for one in built), *inputs.landings])
        return self._verified(builder, built, produced)

    def _verified(self, builder: Builder, built: Sequence[Built], produced: Produced) -> list[Candidate]:
        """What may be published: everything, or what is left of it without quarantined rows."""
        tables = {c.handle.key: c for c in kept(built, builder.base_handles)}
        results = self._verify(builder.session, produced)
        stopping = [result for result in self.results if result.stops]
        sifted = None
        if stopping and all(result.status == "fail" for result in stopping):
            sifted = Quarantine(builder).sift(built, results)
        notes = [] if sifted is None else [f"nothing is quarantined: {reason}" for reason in sifted.refused]
        if sifted is not None and not notes:
            self._count_written([*(one.candidate for one in sifted.anew), *sifted.tables])
            self._reached("quarantined")
            built = sifted.built
            tables |= {table.handle.key: table for table in sifted.tables}
            notes = [f"that is what remains with {told}" for told in sifted.told]
            self._verify(builder.session, produced)
            self.quarantined = sifted.told
        stop_on_failure(self.product, self.results, notes)
        self.warnings += [f"{told}; see `mesh quarantine {self.product.key}`" for told in self.quarantined]
        self._reached("verified")
        return [*(one.candidate for one in built), *tables.values()]

    def _verify(self, session: Session, produced: Produced) -> Results:
        context = self.context
        custom = CustomRules(context.infrastructure.custom_engines, context.scratch / self.id)
        now = context.clock()
        found = verify(session, self.product, context.mesh, produced, now, custom, self.counts)
        self.results = tuple(result for results in found.values() for result in results)
        self.service_levels = verdicts_on_service_levels(self.product, found, now)
        self._reached("measured")
        return found

    def _count_written(self, candidates: Sequence[Candidate]) -> None:
        for file in data_files(candidates):
            self.meter.wrote(file.rows, file.size)

    def _publish(
        self, candidates: Sequence[Candidate], inputs: Inputs, base: Publication | None
    ) -> RunOutcome:
        context, product = self.context, self.product
        self._reached("sealing")
        retained, beside = context.registry.sealed(context.environment.name, product.key, context.retain - 1)
        self.expiring = retained + 1 >= context.retain + EVERY
        sealed = context.infrastructure.warehouse.seal(
            [*candidates, *inputs.landings], self.id, beside, list_kept=self.expiring
        )
        self._reached("sealed")
        for candidate in sealed:
            self.meter.stored(candidate.handle.rows, candidate.handle.size)
        publication = Publication(
            id=self.id,
            environment=context.environment.name,
            product=product.key,
            number=0,
            run=self.id,
            fingerprint=str(fingerprint(product, inputs.publications)),
            created_at=context.now(),
            inputs=dict(inputs.publications),
            cursors=dict(inputs.cursors),
            objects=tuple(str(candidate.handle.key) for candidate in sealed),
            due_at=next_due(context, product),
        )
        outcome = replace(
            self._outcome("published"),
            publication=publication,
            objects={str(c.handle.key): c.handle.rows for c in sealed if c.handle.key.port},
        )
        self._reached("publishing")
        self.committing = True
        published = context.registry.publish(
            self.held.lock,
            publication,
            base.id if base else None,
            sealed,
            [self._finished(outcome)],
            self.counts.of(file.path for candidate in sealed for file in candidate.handle.files),
            release=not self.expiring,
        )
        self.held.released = not self.expiring
        context.keep_handles(published.id, {c.handle.key: c.handle for c in sealed})
        self._reached("published")
        return replace(outcome, publication=published)

    def _outcome(self, status: str, error: MeshwrightError | None = None) -> RunOutcome:
        results = tuple(error.results) if isinstance(error, ChecksFailed) else self.results
        return RunOutcome(
            self.product.key,
            self.id,
            status,
            self.meter.cost(),
            results=results,
            quarantined=self.quarantined if status == "published" else (),
            service_levels=self.service_levels if status == "published" else (),
            warnings=tuple(self.warnings),
            error=error,
        )

    def _finished(self, outcome: RunOutcome) -> Event:
        payload = {**outcome.as_json(), "steps": self.meter.steps}
        del payload["number"]  # the registry gives it
        return Event("run.finished", str(self.product.key), payload)

    def _count_inputs(self, inputs: Inputs) -> None:
        self.warnings += inputs.warnings
        for handle in inputs.handles:
            self.meter.read(handle.rows, handle.size)
        for extraction in inputs.extractions:
            self.meter.read(extraction.rows, extraction.bytes)

    def _reached(self, step: str) -> None:
        self.meter.reached(step)
        self.context.listener(step, self.product.key)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise Unavailable(
            f"the run's folder `{folder}` cannot be made: {error.strerror}",
            way_out="check that the disk has space and that the folder is writable, then run again",
        ) from error
