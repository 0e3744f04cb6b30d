"""What any vendor's sandbox lets a test do, in one language, whatever its API looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Books:
    """The controls that every sandbox has; served below `/_sandbox/<vendor>/books`.

    Tables are called as the vendor's declarations call them; a key is a text, with U+001F between
    its parts.

    Attributes:
        keys: the keys of the documents that a client can see now, by table; of a queue, of all
            that it ever told of.
        change: saves one document of a table, so that its content differs, as people do; its key.
        make: makes one document of a table; its key.
        delete: takes documents away for good, as if they had never been; None where a vendor's
            list tells of events and not of what there is.
        plant: from now on every row of a table carries this field with this value; one of that
            name is another one.
        rename: from now on every row of a table writes this field, dotted where it is nested, under
            another name; its own name undoes it.
        stir: after every so many answers to lists one row is saved, one made and one deleted; 0 is
            never. None where a list cannot move while it is read.
        routes: by table, the part of a path on which its rows come; faults strike there.
        order_promised: whether lists keep their rows in an order that a reader may rely on; where
            they do not, rows that moved past a reader are found by a sweep or a later run.
        plant_settings: what a client must be told to see fields that nobody declared, as TOML
            values, where it otherwise asks for declared ones only.
        every_table: what a client must be told to read the tables that it leaves out unless it is
            told, as TOML values.
        derived: the tables whose rows are made out of files: no field of theirs is the vendor's, so
            none can be called otherwise.
        issued: the tokens that were handed out, none of which may be written down anywhere; None
            where there are none besides the credentials.
    """

    keys: Callable[[], Mapping[str, Sequence[str]]]
    change: Callable[[str], str]
    make: Callable[[str], str]
    plant: Callable[[str, str, object], None]
    rename: Callable[[str, str, str], None]
    routes: Mapping[str, str]
    delete: Callable[[str, Sequence[str]], None] | None = None
    stir: Callable[[int], None] | None = None
    order_promised: bool = True
    plant_settings: Mapping[str, str] = field(default_factory=dict)
    every_table: Mapping[str, str] = field(default_factory=dict)
    derived: Sequence[str] = ()
    issued: Callable[[], Sequence[str]] | None = None
