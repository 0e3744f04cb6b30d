"""The same fictional company once more, in this process: its own objects, with no wire between.

What the sandbox's server plays over HTTP follows from seed, size and clock alone. So a second
company with the same three has the same books, and here they can be read as they are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sources._sandbox.company_deals import Deal, Document
from sources._sandbox.company_world import Saved
from sources._sandbox.company_world import World as Company
from sources._sandbox.setup import Setup
from sources.carecloud.sandbox.play import play_of as carecloud_play
from sources.carecloud.sandbox.site import Site as CareCloud
from sources.cimcloud.sandbox.play import play_of as cimcloud_play
from sources.cimcloud.sandbox.site import Site as CIMcloud
from sources.cleo.sandbox.play import play_of as cleo_play
from sources.cleo.sandbox.post import Post
from sources.crm_com.sandbox.play import play_of as crm_com_play
from sources.crm_com.sandbox.site import Site as CrmCom
from tests.marts.world import LATER, ROWS, SEED, START


class Replay:
    """The company and the four that live by it, at the end of the world that was published.

    Attributes:
        saved: every document of the company that there is, as it was saved last.
    """

    def __init__(self) -> None:
        setup = Setup(seed=SEED, rows=ROWS, start_at=START)
        self.company = Company(SEED, ROWS, START)
        self.cimcloud = CIMcloud(self.company, cimcloud_play(setup.options("cimcloud")))
        self.carecloud = CareCloud(self.company, carecloud_play(setup.options("carecloud")))
        self.crm_com = CrmCom(self.company, crm_com_play(setup.options("crm_com")))
        self.post = Post(cleo_play(setup.options("cleo")), self.company)
        self.saved: dict[Document, Saved] = {}
        self._hear(self.company.past())
        self._look()
        self._hear(self.company.advance(LATER // timedelta(minutes=1)))
        self._look()

    def deals(self) -> Sequence[Deal]:
        """The deals of which something was ever saved, in the order of their first document."""
        return list({document.deal.number: document.deal for document in self.saved}.values())

    def _hear(self, saves: Sequence[Saved]) -> None:
        for hears in (
            self.cimcloud.distributor.saved,
            self.carecloud.club.saved,
            self.crm_com.service.saved,
            self.post.saved,
        ):
            hears(saves)
        self.saved |= {save.document: save for save in saves}

    def _look(self) -> None:
        """Lives until now, as when a client asks."""
        self.cimcloud.distributor.be_ready()
        _ = self.carecloud.club.store, self.crm_com.service.registers, self.post.box
