"""Cleo's tables as declarations: files as the mailbox lists them, and the documents in them.

A file's entry is the vendor's [S of folders, A of files]. A document is one transaction set of an
X12 file, or one object of a JSON file; its row is made here (`sources.cleo.parsing`), in one shape
for both. What is in it and has no column of its own is in `content`, whole.
"""

from __future__ import annotations

from typing import Final

from sources._tables.declare import ISO, Child, Column, Kind, Table, VersionBy

OURS: Final = "penstock"  # the object of a file's row that is said here, not by the vendor
_MOMENT: Final = (ISO, "%Y-%m-%d")


def _text(
    name: str, description: str, *within: str, wire: str = "", required: bool = False
) -> Column:
    return Column(
        name=name,
        wire=wire or name,
        kind=Kind.TEXT,
        description=description,
        within=within,
        required=required,
    )


def _of(kind: Kind, name: str, description: str, *within: str, wire: str = "") -> Column:
    return Column(name=name, wire=wire or name, kind=kind, description=description, within=within)


FILES: Final = Table(
    name="files",
    description="Files in the mailbox's download folder and its subfolders, one row per file: "
    "what the folder says of it, and what became of its content.",
    key=("file_id",),
    version_by=VersionBy.SEEN,
    columns=(
        _text("file_id", "The vendor's id of the file.", wire="id", required=True),
        _text("file_name", "Name of the file; not unique.", wire="name", required=True),
        _text("folder", "Path of its folder below the mailbox.", OURS),
        _of(Kind.INTEGER, "listed_bytes", "Length that the folder says, in bytes.", wire="length"),
        Column(
            name="modified_at",
            wire="lastModified",
            kind=Kind.TIMESTAMP,
            patterns=_MOMENT,
            description="When the folder says that it was changed last (UTC); 1970 for a file that "
            "was uploaded and not yet taken in.",
            within=("meta",),
        ),
        _text("format", "x12, json, or empty where it could not be read.", OURS),
        _text(
            "reading",
            "What became of its content: read, unreadable (in quarantine, with the reason) or "
            "too large (never fetched).",
            OURS,
        ),
        _of(Kind.INTEGER, "content_bytes", "Length of its content as fetched, in bytes.", OURS),
        _text("content_sha256", "SHA-256 of its content, in hexadecimal.", OURS),
        _of(Kind.INTEGER, "document_count", "How many documents were read out of it.", OURS),
        _of(Kind.JSON, "permissions", "What the mailbox's user may do with it."),
    ),
    ignored=("type", "space", "subspace", "parentId", "path", "systemProtected", "_links"),
)

_LINES: Final = Child(
    name="document_lines",
    wire="lines",
    description="Lines of purchase orders, acknowledgments and invoices, one row per line.",
    columns=(
        _text("line_id", "Number of the line as the sender gives it."),
        _of(Kind.DECIMAL, "quantity", "Ordered, acknowledged or invoiced."),
        _text("unit_code", "Unit of the quantity: EA, CA, FT and so on."),
        _of(
            Kind.DECIMAL,
            "unit_price_amount",
            "Price of one unit, at four decimals; the document's content has all of them.",
        ),
        _of(Kind.DECIMAL, "line_amount", "Quantity times price, as given or else reckoned here."),
        _text("buyer_part_number", "The buyer's number of the article."),
        _text("vendor_part_number", "The seller's number of the article."),
        _text("upc", "Universal product code of the article."),
        _text("description", "What it is, in words."),
        _text("status_code", "What the seller says of the line, in an acknowledgment: IA, IR, …"),
    ),
)

DOCUMENTS: Final = Table(
    name="documents",
    description="Documents in the mailbox's files, one row per transaction set of an X12 file or "
    "object of a JSON file.",
    key=("file_id", "position"),
    version_by=VersionBy.SEEN,
    columns=(
        _text("file_id", "The file it is in.", required=True),
        Column(
            name="position",
            wire="position",
            kind=Kind.INTEGER,
            required=True,
            description="Its place in the file, from 1.",
        ),
        _of(
            Kind.FLAG,
            "is_withdrawn",
            "Whether the file was replaced by one that has no document in this place.",
        ),
        _text("format", "x12 or json."),
        _text("document_type", "Number of the transaction set: 850, 855, 856, 810 and so on."),
        _of(Kind.FLAG, "is_mapped", "Whether header and lines were read; content has all of it."),
        _text("sender_id", "Who sent the interchange."),
        _text("receiver_id", "Whom the interchange is for."),
        _text("x12_version", "Version of the standard, as 004010."),
        _text("interchange_control_number", "Control number of the interchange."),
        _text("group_control_number", "Control number of the functional group."),
        _text("set_control_number", "Control number of the transaction set."),
        _of(Kind.DATE, "sent_on", "Day of the interchange, as its envelope says."),
        _text("purpose_code", "00 original, 01 cancellation, 04 change, 05 replacement and so on."),
        _text("kind_code", "Kind of order, acknowledgment or invoice, as its header says."),
        _text("purchase_order_number", "The buyer's number of the purchase order."),
        _of(Kind.DATE, "purchase_order_on", "Day of the purchase order."),
        _text("invoice_number", "Number of the invoice, of an 810."),
        _of(Kind.DATE, "invoice_on", "Day of the invoice, of an 810."),
        _of(Kind.DATE, "document_on", "Day of the document itself."),
        _text("currency_code", "Currency of its amounts; empty where it says none."),
        _of(Kind.DECIMAL, "total_amount", "Total that the document states."),
        _of(Kind.DECIMAL, "lines_amount", "Sum of its lines, where each has an amount."),
        _of(Kind.INTEGER, "line_count", "How many lines it has."),
        _text("buyer_id", "The buyer's id."),
        _text("buyer_name", "The buyer's name."),
        _text("seller_id", "The seller's id."),
        _text("seller_name", "The seller's name."),
        _text("bill_to_name", "Who pays."),
        _text("ship_to_name", "Who receives the goods."),
        _text("ship_to_address", "Street that the goods go to."),
        _text("ship_to_city", "City that the goods go to."),
        _text("ship_to_region", "Province or state that the goods go to."),
        _text("ship_to_postal_code", "Postal code that the goods go to."),
        _of(Kind.JSON, "parties", "All parties that it names, with role, id, name and address."),
        _of(Kind.JSON, "content", "All of it: an array of segments, or the object as it came."),
    ),
    children=(_LINES,),
    ignored=("charges", "allowances"),  # of a JSON document [P]; in its content
)

TABLES: Final = (FILES, DOCUMENTS)
