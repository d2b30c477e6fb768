"""Search over what is served: the index follows the mesh."""

from __future__ import annotations

from meshwright.errors import Unavailable
from meshwright.provisioning.ports import Meanings, SearchIndex
from meshwright.server.behind import Behind
from meshwright.server.live import Snapshot
from meshwright.supervision.search.answer import Answer
from meshwright.supervision.search.meaning import learn
from meshwright.supervision.search.question import Question
from meshwright.supervision.search.renewal import renew
from meshwright.supervision.search.search import MeshSearch
from meshwright.supervision.search.state import State


class LiveSearch:
    """Answers questions from the index as it is; `follow` has it renewed.

    An answer says whether its index tells of the newest state that was followed. Only where there is no
    index yet, or one that another version wrote, does an answer wait.
    """

    def __init__(self, index: SearchIndex, mesh: str, meanings: Meanings | None = None) -> None:
        self._index = index
        self._mesh = mesh
        self._readable = False
        self._meanings = meanings
        self._search = MeshSearch(index, mesh, meanings)
        self._renewal: Behind[bool] = Behind("renews the search index", self._renew)
        self.follow = self._renewal.follow
        self.settled = self._renewal.settled
        self.close = self._renewal.close

    def ask(self, question: Question) -> Answer:
        """What answers a question.

        Raises:
            InputError: there is no such facet.
            Unavailable: there is no index, and none could be made.
        """
        if not self._readable and not self._has_ours():
            self.settled()
            if not self._has_ours():
                raise Unavailable("there is no search index yet", way_out="ask again in a while")
        self._readable = True
        return self._search.ask(question, self._renewal.current and bool(self._renewal.value))

    def _has_ours(self) -> bool:
        """Whether the index was written by this version, for this mesh."""
        return State.read(self._index.view().state, self._mesh) is not None

    def _renew(self, snapshot: Snapshot) -> bool:
        current = renew(self._index, snapshot.tables).current
        if self._meanings is not None:
            learn(self._meanings, self._index.view())
        return current
