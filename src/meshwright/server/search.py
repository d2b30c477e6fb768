"""Search over what is served: the index follows the mesh in a thread of its own."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from meshwright.errors import MeshwrightError
from meshwright.provisioning.ports import Meanings, SearchIndex
from meshwright.server.live import Snapshot
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.search.answer import Answer
from meshwright.supervision.search.meaning import learn
from meshwright.supervision.search.question import Question
from meshwright.supervision.search.renewal import renew
from meshwright.supervision.search.search import MeshSearch

_log = logging.getLogger(__name__)


class LiveSearch:
    """Answers questions from the index as it is; `follow` has it renewed.

    An answer says whether its index tells of the newest state that was followed. Only where there is no
    index yet does an answer wait for one.
    """

    def __init__(self, index: SearchIndex, mesh: str, meanings: Meanings | None = None) -> None:
        self._index = index
        self._meanings = meanings
        self._search = MeshSearch(index, mesh, meanings)
        self._worker = ThreadPoolExecutor(1, "renews-search")
        self._lock = threading.Lock()
        self._wanted: MeshTables | None = None
        self._renewing: Future[None] | None = None
        self._current = False

    def follow(self, snapshot: Snapshot) -> None:
        """Have the index renewed to a newer state; does not wait for it."""
        with self._lock:
            self._wanted, self._current = snapshot.tables, False
            if self._renewing is None:
                self._renewing = self._worker.submit(self._renew)

    def settled(self) -> None:
        """Wait until the index tells of the newest state that was followed."""
        while (renewing := self._renewing) is not None:
            renewing.result()

    def ask(self, question: Question) -> Answer:
        """What answers a question.

        Raises:
            InputError: there is no such facet.
        """
        if self._index.view().state is None:
            self.settled()
        return self._search.ask(question, self._current)

    def close(self) -> None:
        """Renew no more."""
        self._worker.shutdown(cancel_futures=True)

    def _renew(self) -> None:
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    self._renewing = None
                    return
            try:
                current = renew(self._index, wanted).current
                if self._meanings is not None:
                    learn(self._meanings, self._index.view())
            except MeshwrightError as error:
                _log.warning("the search index could not be renewed: %s", error)
                current = False
            with self._lock:
                self._current = current and self._wanted is None
