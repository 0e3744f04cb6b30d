"""Cienapps' documents as declarations: the fields of the sheet, under names an analyst can read.

The vendor's documents list the fields [S]; three more appear only in its printed sample [S] and
are kept under the name the wire gives them. All money is absent: Cienapps shows none.
"""

from __future__ import annotations

from sources._tables.declare import Child, Column, Kind, Table, VersionBy

QUEUE = "notifications"
DAY = ("%Y%m%d", "%Y-%m-%d")  # documented one way, printed the other: both are read
MOMENT = ("%Y-%m-%d %H:%M:%S.%g", "%Y-%m-%d %H:%M:%S")

SYNC_ID = Column(
    name="sync_id",
    wire="SyncID",
    kind=Kind.INTEGER,
    required=True,
    description="The notification's number, one sequence over orders, quotations and work orders; "
    "a higher one is a later save.",
)


def _text(name: str, wire: str, description: str) -> Column:
    return Column(name=name, wire=wire, kind=Kind.TEXT, description=description)


def _day(name: str, wire: str, description: str) -> Column:
    return Column(name=name, wire=wire, kind=Kind.DATE, patterns=DAY, description=description)


def _people(prefix: str) -> tuple[Column, ...]:
    """Who sold it and who answers for it; the same four fields on quotations and orders."""
    return (
        _text("sales_rep_name", f"{prefix}_SalesRep_FullName", "Sales representative, full name."),
        _text("sales_rep_login", f"{prefix}_SalesRep_UserName", "Sales representative, user name."),
        _text("rep_name", f"{prefix}_Rep_FullName", "Representative in charge, full name."),
        _text("rep_login", f"{prefix}_Rep_UserName", "Representative in charge, user name."),
    )


CUSTOMER = (
    _text("customer_first_name", "Customer_First_Name", "Customer's first name."),
    _text("customer_last_name", "Customer_Last_Name", "Customer's last name; often a company's."),
    _text("customer_company_name", "Customer_Company_Name", "Customer's company name."),
    _text("customer_phone", "Customer_Main_Phone", "Customer's main phone, as typed at the site."),
    _text("customer_address", "Customer_Address", "Customer's street address."),
    _text("customer_city", "Customer_City", "Customer's city."),
    _text("customer_postal_code", "Customer_PostalCode", "Customer's postal code; spacing varies."),
    Column(
        name="customer_created_at",
        wire="Customer_DateCreate",
        kind=Kind.TIMESTAMP,
        patterns=MOMENT,
        description="When the customer's card was made at the site (UTC).",
    ),
    _text("customer_rep", "Customer_Rep", "The customer's own representative."),
    _text("customer_origin", "Customer_Origin", "How the customer came, in the site's own words."),
)

ORDERS = Table(
    name="orders",
    description="Orders, one row per order.",
    key=("order_number",),
    version_by=VersionBy.NUMBER,
    version="sync_id",
    queue=QUEUE,
    columns=(
        Column(
            name="order_number",
            wire="Order_Number",
            kind=Kind.INTEGER,
            required=True,
            description="The order's number.",
        ),
        _day("created_on", "Order_DateCreate", "Day the order was made."),
        _day("due_on", "Order_DateDue", "Day the order is due."),
        _text("step", "Order_Step_Desc", "Where the order stands, in the site's own words."),
        _text("title", "Order_Title", "Title of the order."),
        _text("reference", "Order_Reference", "Reference; the vendor cuts it at a fixed width."),
        _text("purchase_order", "Order_Reference_PO", "The customer's purchase order number."),
        *_people("Order"),
        *CUSTOMER,
        SYNC_ID,
    ),
    children=(
        Child(
            name="order_quotations",
            wire="Order_Quotation_Number",
            description="The quotations behind an order, one row per order and quotation.",
            columns=(
                Column(
                    name="quotation_number",
                    wire="$",
                    kind=Kind.INTEGER,
                    required=True,
                    description="Number of a quotation that the order came from.",
                ),
            ),
        ),
    ),
)

QUOTATIONS = Table(
    name="quotations",
    description="Quotations, one row per quotation.",
    key=("quotation_number",),
    version_by=VersionBy.NUMBER,
    version="sync_id",
    queue=QUEUE,
    columns=(
        Column(
            name="quotation_number",
            wire="Quotation_Number",
            kind=Kind.INTEGER,
            required=True,
            description="The quotation's number.",
        ),
        _day("created_on", "Quotation_DateCreate", "Day the quotation was made."),
        _day("closed_on", "Quotation_DateClose", "Day it was closed; may precede validation."),
        _day("validated_on", "Quotation_DateValidate", "Day the quotation was validated."),
        _text("step", "Quotation_Step_Desc", "Where it stands, in the site's own words."),
        _text("title", "Quotation_Title", "Title of the quotation."),
        _text("reference", "Quotation_Reference", "Reference; the vendor cuts it short."),
        _text("purchase_order", "Quotation_Reference_PO", "The customer's purchase order number."),
        *_people("Quotation"),
        *CUSTOMER,
        SYNC_ID,
    ),
)

WORK_ORDERS = Table(
    name="work_orders",
    description="Work orders, one row per work order.",
    key=("work_order_number",),
    version_by=VersionBy.NUMBER,
    version="sync_id",
    queue=QUEUE,
    columns=(
        Column(
            name="work_order_number",
            wire="WorkOrder_Number",
            kind=Kind.TEXT,
            required=True,
            description='The work order\'s number, "5610-2"; its prefix is not the order.',
        ),
        Column(
            name="order_number",
            wire="WorkOrder_Order_Number",
            kind=Kind.INTEGER,
            description="The order it belongs to.",
        ),
        _text("step", "WorkOrder_Step_Desc", "Where it stands, in the site's own words."),
        _day("due_on", "WorkOrder_DateDue", "Day the work order is due."),
        _day("delivery_on", "WorkOrder_DateDelivery", "Day of delivery."),
        _day("installation_on", "WorkOrder_DateInstallation", "Day of installation."),
        Column(
            name="is_back_order",
            wire="WorkOrder_BackOrder",
            kind=Kind.FLAG,
            description="Whether something is back-ordered.",
        ),
        Column(
            name="delivery_customer_number",
            wire="WorkOrder_IDCust_Delivery",
            kind=Kind.INTEGER,
            description="The vendor's number of the delivery address; 0 is the customer's own.",
        ),
        _text("delivery_name", "Customer_Delivery_FullName", "Who receives the delivery."),
        _text("delivery_phone", "Customer_Delivery_Main_Phone", "Phone at the delivery address."),
        _text("delivery_address", "Customer_Delivery_Address", "Delivery street address."),
        _text("delivery_city", "Customer_Delivery_City", "Delivery city."),
        _text("delivery_postal_code", "Customer_Delivery_PostalCode", "Delivery postal code."),
        _text("delivery_team", "WorkOrder_Team_Delivery", "Team that delivers."),
        _text("installation_team", "WorkOrder_Team_Installation", "Team that installs."),
        _text("workflow", "WorkOrder_Workflow", "The workflow the job follows."),
        Column(
            name="former_quotation_number",
            wire="AncienSoumission",
            kind=Kind.INTEGER,
            description='French for "former quotation"; undocumented, a candidate link (assumed).',
        ),
        Column(
            name="is_closed",
            wire="WorkOrder_Close",
            kind=Kind.FLAG,
            description="Whether the work order is closed; undocumented, seen in the sample.",
        ),
        _day("closed_on", "WorkOrder_Close_Date", "Day it was closed; undocumented."),
        *CUSTOMER,
        SYNC_ID,
    ),
)

TABLES = (ORDERS, QUOTATIONS, WORK_ORDERS)
