"""Parties of X12 documents: loops of N1, with N2, N3 and N4."""

from __future__ import annotations

from typing import Final

from sources.cleo.parsing.rows import Row, party
from sources.cleo.parsing.values import text_of

_ROLES: Final = {
    "BY": "buyer",
    "SE": "seller",
    "VN": "seller",
    "SU": "seller",
    "BT": "bill_to",
    "ST": "ship_to",
}
_OF_PARTIES: Final = frozenset(("N1", "N2", "N3", "N4"))
_PLACE: Final = ("city", "region", "postal_code", "country")  # N401 to N404


def parties_of(content: list[list[str]]) -> list[Row]:
    """The parties, in order; one with a role of its own keeps the code of the document."""
    parties: list[Row] = []
    for segment in content:
        name = segment[0]
        if name not in _OF_PARTIES:
            continue
        told = [text_of(element) for element in segment[1:]]
        if name == "N1":
            told += [None] * (4 - len(told))
            role = _ROLES.get(told[0] or "", told[0])
            parties.append(party(role, name=told[1], id_qualifier=told[2], id=told[3]))
        elif not parties:
            continue
        elif name == "N2":  # more of a name that is longer than one element
            parties[-1]["name"] = " ".join(filter(None, (parties[-1]["name"], *told))) or None
        elif name == "N3":
            parties[-1]["address"] += filter(None, told)
        elif name == "N4":
            parties[-1].update(zip(_PLACE, told, strict=False))
    return parties
