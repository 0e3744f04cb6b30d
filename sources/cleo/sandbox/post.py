"""The post: the company's documents, put into files as their time comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from sources._sandbox.company import DAY
from sources._sandbox.company_deals import Kind, Stage
from sources._sandbox.company_world import EPOCH, Saved, World, calendar_day
from sources._sandbox.written import Written
from sources.cleo.sandbox.mailbox import ARCHIVE, File, Folder, Mailbox
from sources.cleo.sandbox.papers import KINDS, SAMPLE, Paper, as_json
from sources.cleo.sandbox.play import Play
from sources.cleo.sandbox.trades import invented, is_by_edi, trade_of
from sources.cleo.sandbox.x12 import Envelope, Marks, interchange, marks
from sources.cleo.sandbox.x12_sets import receipt, set_of

MINUTE, SECOND = 60_000, 1000  # milliseconds
FEWEST = 12  # documents, so that the smallest mailbox has some of everything
SAMPLE_NAME = "purchase_order_850.json"
DOCUMENTS = "documents"
PARTNER, HUB = "MILLSTREAM", "CLEOHUB"
# how many of the four documents of an order there are once it stands there
REACHED = {
    Stage.CONFIRMED: 1,
    Stage.ON_HOLD: 1,
    Stage.IN_PRODUCTION: 2,
    Stage.DELIVERED: 3,
    Stage.PARTIALLY_INVOICED: 3,
    Stage.INVOICED: 4,
}
# what file comes after what: how many documents it holds, whether they are JSON
CYCLE = ((1, False), (1, True), (1, False), (4, False), (1, False), (2, True), (1, True))
ONE_IN_1970 = 4  # of each nine files
INVENTED, MADE = 7_990, 7_000  # far below the company's own numbers


class Post:
    """Who fills the mailbox.

    Nothing is put into it before somebody looks, since most sandboxes are started for another
    vendor's sake.
    """

    def __init__(self, play: Play, world: World) -> None:
        self.written = Written()
        self._play = play
        self._world = world
        self._box = Mailbox(play.seed, world.now * MINUTE)
        self._waiting: list[Saved] = []
        self._is_open = False
        self._past: int | None = None
        self._started = world.now
        self._brought: dict[int, int] = {}
        self._files = 0
        self._interchanges = 0
        self._inventions = 0

    @property
    def box(self) -> Mailbox:
        """The mailbox as it is now."""
        if not self._is_open:
            self._is_open = True
            self._open()
        waiting, self._waiting = self._waiting, []
        for save in waiting:
            for paper in self._papers(save):
                is_json = CYCLE[self._files % len(CYCLE)][1]
                self._put([paper], self._box.download, is_json=is_json)
        return self._box

    @property
    def now(self) -> int:
        """The world's time in milliseconds."""
        return self._world.now * MINUTE

    def saved(self, saves: Sequence[Saved]) -> None:
        """Hears what the company saved; the first time, of its past."""
        if self._past is None:
            self._past, self._started = len(saves), self._world.now
        self._waiting += saves

    def make(self) -> File:
        """A new file of one JSON document, which is of no order elsewhere."""
        box = self.box
        self._inventions += 1
        number = MADE + self._inventions
        on = calendar_day(self._world.now // DAY)
        trade = invented(self._play.seed, f"PO-{number}", number, on)
        return self._single(box.download, Paper("850", trade, self._world.now), self.now)

    def change(self) -> File:
        """Rewrites the newest JSON file of one document, so that the document differs."""
        singles = [file for file in self.box.downloads() if file.paper is not None]
        file = max(singles, key=lambda each: each.age) if singles else self.make()
        old = file.paper
        if old is None:
            raise ValueError(f"{file.name} holds more than one document")
        paper = Paper(old.kind, old.trade.more(), old.at, old.revision + 1)
        file.paper = paper
        file.rewrite(self._json([paper]), 1, max(self.now, file.modified + SECOND))
        return file

    def _open(self) -> None:
        """Puts the documents of the past into the mailbox, the oldest into a folder of its own."""
        box, past = self._box, self._past or 0
        papers = [paper for save in self._waiting[:past] for paper in self._papers(save)]
        del self._waiting[:past]
        while len(papers) < FEWEST or {paper.kind for paper in papers} != set(KINDS):
            papers += self._from_before()
        papers.sort(key=lambda paper: (paper.at, paper.trade.order_number, paper.kind))
        files = _in_files(papers)
        archive = box.folder_at(f"{box.download.name}/{ARCHIVE}", self._started * MINUTE)
        oldest = max(1, len(files) // 5)
        for place, (inside, is_json) in enumerate(files):
            self._put(inside, archive if place < oldest else box.download, is_json=is_json)
        for folder, modified in ((box.download, 0), (archive, papers[0].at * MINUTE)):
            box.add(folder, SAMPLE_NAME, lambda: SAMPLE, modified=modified, documents=1)
        self._put_receipt(papers[-1].at)
        if self._play.big_mb:
            self._put_big()

    def _from_before(self) -> list[Paper]:
        """An order's documents from before the company's other records begin."""
        self._inventions += 1
        number = INVENTED + self._inventions
        day = self._started // DAY - 150 + 3 * self._inventions
        trade = invented(self._play.seed, f"PO-{number}", number, calendar_day(day))
        return [Paper(kind, trade, (day + 8 * step) * DAY + 900) for step, kind in enumerate(KINDS)]

    def _papers(self, save: Saved) -> list[Paper]:
        """What a save of an order brings; of steps that nobody told, the times lie in between."""
        document, step = save
        if document.kind is not Kind.ORDER or not is_by_edi(document):
            return []
        before = self._brought.get(document.number, 0)
        kinds = KINDS[before : max(before, REACHED[step.stage])]
        self._brought[document.number] = before + len(kinds)
        if not kinds:
            return []
        trade, last = trade_of(document), len(kinds) - 1
        since = document.created if before == 0 and last else step.at
        return [
            Paper(kind, trade, since + (step.at - since) * place // max(last, 1))
            for place, kind in enumerate(kinds)
        ]

    def _put(self, papers: Sequence[Paper], folder: Folder, *, is_json: bool) -> None:
        """Puts documents into a file of their own."""
        last = papers[-1].at
        at = last * MINUTE + self._files * 7919 % MINUTE
        modified = 0 if self._files % 9 == ONE_IN_1970 else at
        if is_json and len(papers) == 1:
            self._single(folder, papers[0], modified)
            return
        # a functional group holds documents of one kind
        papers = sorted(papers, key=lambda paper: paper.kind)
        write = self._json(papers) if is_json else self._x12(papers, last)
        ending = "json" if is_json else ("edi", "x12", "txt")[self._files % 3]
        name = _name(papers, self._number(), ending)
        self._box.add(folder, name, write, modified=modified, documents=len(papers))

    def _single(self, folder: Folder, paper: Paper, modified: int) -> File:
        name, write = _name([paper], self._number(), "json"), self._json([paper])
        return self._box.add(folder, name, write, modified=modified, documents=1, paper=paper)

    def _put_receipt(self, at: int) -> None:
        """A document of a kind that has neither header nor lines."""
        envelope, how = self._envelope(at)
        write = partial(interchange, envelope, how, [receipt("PO", envelope.control * 100)])
        name = f"997_{self._number():06}.edi"
        self._box.add(self._box.download, name, write, modified=at * MINUTE, documents=1)

    def _put_big(self) -> None:
        """One interchange of about so many megabytes."""
        day = calendar_day(self._started // DAY)
        trade = invented(self._play.seed, "PO-B-000000", 4, day)
        paper, (envelope, how) = Paper("850", trade, self._started), self._envelope(self._started)
        alone = len(interchange(envelope, how, [set_of(paper)]))
        two = len(interchange(envelope, how, [set_of(paper)] * 2))
        count = max(1, round(self._play.big_mb * 1_000_000 / (two - alone)))
        write = partial(_big, paper, count, envelope, how)
        modified, name = self._started * MINUTE, f"850_BATCH_{self._number():06}.edi"
        self._box.add(self._box.download, name, write, modified=modified, documents=count)

    def _json(self, papers: Sequence[Paper]) -> partial[bytes]:
        planted = self.written.of(DOCUMENTS, {})
        in_array = papers[0].trade.style // 2 % 3 == 0
        return partial(as_json, tuple(papers), planted, in_array=in_array)

    def _x12(self, papers: Sequence[Paper], at: int) -> partial[bytes]:
        return partial(_interchange, tuple(papers), *self._envelope(at))

    def _envelope(self, at: int) -> tuple[Envelope, Marks]:
        """The next interchange's envelope, and what it separates with."""
        self._interchanges += 1
        number = self._interchanges
        version = "005010" if number % 5 == 0 else "004010"
        moment = EPOCH + timedelta(minutes=at)
        return Envelope(HUB, PARTNER, moment, number, version), marks(number - 1)

    def _number(self) -> int:
        self._files += 1
        return self._files


def _in_files(papers: Sequence[Paper]) -> list[tuple[Sequence[Paper], bool]]:
    """Which documents share a file, and whether it is JSON; X12 holds some of every kind."""
    files: list[tuple[Sequence[Paper], bool]] = []
    start = 0
    while start < len(papers):
        count, is_json = CYCLE[len(files) % len(CYCLE)]
        files.append((papers[start : start + count], is_json))
        start += count
    for kind in KINDS:
        if any(paper.kind == kind for inside, is_json in files if not is_json for paper in inside):
            continue
        holds = [
            place
            for place, (inside, _is_json) in enumerate(files)
            if kind in {paper.kind for paper in inside}
        ]
        # of the files that hold one the smallest, and of these the oldest, becomes X12 instead
        place = min(holds, key=lambda each: len(files[each][0]))
        files[place] = (files[place][0], False)
    return files


def _name(papers: Sequence[Paper], number: int, ending: str) -> str:
    if len(papers) > 1:
        return f"batch_{number:06}.{ending}"
    (paper,) = papers
    return f"{paper.kind}_{paper.trade.purchase_order}_{number:06}.{ending}"


def _interchange(papers: Sequence[Paper], envelope: Envelope, how: Marks) -> bytes:
    return interchange(envelope, how, [set_of(paper) for paper in papers])


def _big(paper: Paper, count: int, envelope: Envelope, how: Marks) -> bytes:
    orders = (
        replace(paper.trade, purchase_order=f"PO-B-{number:06}") for number in range(1, count + 1)
    )
    return interchange(envelope, how, (set_of(replace(paper, trade=order)) for order in orders))
