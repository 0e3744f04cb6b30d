"""What fields of JSON documents may be called.

The sheet's sample has `type` and `value` [S]; all other names are guesses at what partners write,
made wide on purpose [A]. They are compared without case, `_`, `-` and blanks. Where an object has
several names of one field, the first of the table wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

Names = tuple[str, ...]
_LEFT_OFF: Final = {ord(c): None for c in "_- "}

TYPE: Final[Names] = ("type", "documenttype", "transactionset", "transactiontype")
HOLDERS: Final[Names] = (  # objects of a document whose fields are as good as its own
    "header",
    "heading",
    "purchaseorder",
    "order",
    "invoice",
    "acknowledgment",
    "document",
    "summary",
    "totals",
    "trailer",
    "detail",
    "details",
)
HEADER: Final[dict[str, Names]] = {  # column, to the names of its field
    "sender_id": ("senderid", "sender", "from"),
    "receiver_id": ("receiverid", "receiver", "to"),
    "x12_version": ("x12version",),
    "interchange_control_number": ("interchangecontrolnumber",),
    "group_control_number": ("groupcontrolnumber",),
    "set_control_number": ("setcontrolnumber", "transactionsetcontrolnumber", "controlnumber"),
    "purpose_code": ("purposecode", "purpose", "transactionsetpurposecode"),
    "kind_code": (
        "kindcode",
        "kind",
        "ordertype",
        "ordertypecode",
        "purchaseordertype",
        "purchaseordertypecode",
        "potype",
        "acknowledgmenttype",
        "invoicetype",
        "transactiontypecode",
    ),
    "purchase_order_number": (
        "purchaseordernumber",
        "purchaseorderno",
        "purchaseorderid",
        "ponumber",
        "pono",
        "purchaseorder",
        "po",
        "ordernumber",
        "orderno",
        "orderid",
        "order",
    ),
    "invoice_number": ("invoicenumber", "invoiceno", "invoiceid", "invoice"),
}
DAYS: Final[dict[str, Names]] = {
    "sent_on": ("senton", "sentdate", "interchangedate"),
    "purchase_order_on": ("purchaseorderon", "purchaseorderdate", "podate", "orderdate"),
    "invoice_on": ("invoiceon", "invoicedate"),
    "document_on": ("documenton", "documentdate", "date", "issuedate", "acknowledgmentdate"),
}
CURRENCY: Final[Names] = ("currencycode", "currency")
TOTAL: Final[Names] = (
    "totalamount",
    "total",
    "grandtotal",
    "ordertotal",
    "invoicetotal",
    "totalvalue",
    "amount",
    "value",
)
LINES: Final[Names] = (
    "lines",
    "lineitems",
    "items",
    "orderlines",
    "invoicelines",
    "details",
    "detail",
)
LINE_TEXTS: Final[dict[str, Names]] = {
    "line_id": ("lineid", "linenumber", "lineno", "line", "number", "id", "position"),
    "unit_code": ("unitcode", "unit", "uom", "unitofmeasure", "unitofmeasurecode"),
    "buyer_part_number": (
        "buyerpartnumber",
        "buyerpart",
        "buyeritem",
        "buyersku",
        "customerpartnumber",
        "customerpart",
    ),
    "vendor_part_number": (
        "vendorpartnumber",
        "vendorpart",
        "vendoritem",
        "sellerpartnumber",
        "sellerpart",
        "supplierpartnumber",
        "supplierpart",
        "sku",
        "partnumber",
        "part",
    ),
    "upc": ("upc", "upccode", "gtin", "ean"),
    "description": ("description", "itemdescription", "productdescription", "desc"),
    "status_code": ("statuscode", "status", "linestatus", "linestatuscode", "ackstatus"),
}
QUANTITY: Final[Names] = (
    "quantity",
    "qty",
    "quantityordered",
    "orderedquantity",
    "qtyordered",
    "quantityinvoiced",
    "invoicedquantity",
    "qtyinvoiced",
)
UNIT_PRICE: Final[Names] = ("unitpriceamount", "unitprice", "price", "unitcost")
LINE_AMOUNT: Final[Names] = (
    "lineamount",
    "linetotal",
    "extendedamount",
    "extendedprice",
    "amount",
    "total",
)
PARTIES: Final[Names] = ("parties", "partners")
ROLE: Final[Names] = ("role", "type", "entityidentifiercode", "code", "qualifier")
ROLES: Final[dict[str, Names]] = {
    "buyer": ("buyer", "by", "buyingparty", "customer", "purchaser"),
    "seller": ("seller", "se", "vn", "su", "sellingparty", "vendor", "supplier"),
    "bill_to": ("billto", "bt", "billtoparty", "billing"),
    "ship_to": ("shipto", "st", "shiptoparty", "shipping", "deliverto"),
}
PARTY: Final[dict[str, Names]] = {
    "name": ("name", "partyname", "companyname", "company"),
    "id_qualifier": ("idqualifier", "idtype", "identificationcodequalifier"),
    "id": ("id", "identifier", "partyid", "identificationcode", "code", "number"),
    "city": ("city", "town"),
    "region": ("region", "state", "province", "stateorprovince", "stateorprovincecode"),
    "postal_code": ("postalcode", "zip", "zipcode", "postcode"),
    "country": ("country", "countrycode"),
}
ADDRESS: Final[Names] = ("address", "addresslines", "street")
ADDRESS_LINES: Final[Names] = (
    "address1",
    "addressline1",
    "street1",
    "line1",
    "address2",
    "addressline2",
    "street2",
    "line2",
)


class Fields:
    """The fields of one object by their plain names; it knows which were used."""

    def __init__(self, held: dict[str, Any]) -> None:
        self.held = held
        self.used: set[str] = set()
        self._names: dict[str, str] = {}
        for name in held:
            self._names.setdefault(plain(name), name)

    def take(self, names: Names, kinds: type | tuple[type, ...]) -> Any:
        """The first field under these names that holds such a value; None where none does."""
        return next(self.all_of(names, kinds), None)

    def all_of(self, names: Iterable[str], kinds: type | tuple[type, ...]) -> Iterator[Any]:
        """The fields under these names that hold such values; each is used once taken."""
        for name in names:
            own = self._names.get(name)
            if own is None or own in self.used:
                continue
            value = self.held[own]
            if isinstance(value, kinds) and not isinstance(value, bool):
                self.used.add(own)
                yield value


def plain(name: str) -> str:
    """A name as the tables have it."""
    return name.casefold().translate(_LEFT_OFF)
