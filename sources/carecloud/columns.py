"""Columns as CareCloud's objects carry them: what is said the same way in every table.

Times are `YYYY-MM-DD HH:MM:SS`, sometimes with a fraction, in local project time without offset
[P]. Prices are JSON floats, kept as decimals [P]. Names that `Accept-Language` translates are
volatile: another language is no new version of a row.
"""

from __future__ import annotations

from typing import Final

from sources._tables.declare import Column, Kind

Within = tuple[str, ...]

ADDRESS_PARTS: Final = (1, 2, 3, 4, 5, 6, 7)


def text(
    name: str,
    wire: str,
    description: str,
    *,
    within: Within = (),
    aliases: tuple[str, ...] = (),
    required: bool = False,
) -> Column:
    """A text, or a number that is only a name: phones come as either [P]."""
    return Column(
        name=name,
        wire=wire,
        kind=Kind.TEXT,
        description=description,
        within=within,
        aliases=aliases,
        required=required,
    )


def translated(name: str, wire: str, description: str, *, within: Within = ()) -> Column:
    """A text in the language of `accept_language`."""
    said = f"{description} In the language of `accept_language`; a translation is no new version."
    return Column(
        name=name, wire=wire, kind=Kind.TEXT, description=said, within=within, volatile=True
    )


def identifier(name: str, wire: str, description: str) -> Column:
    """The text that identifies a row."""
    return text(name, wire, description, required=True)


def number(name: str, wire: str, description: str, *, within: Within = ()) -> Column:
    """A whole number."""
    return Column(name=name, wire=wire, kind=Kind.INTEGER, description=description, within=within)


def decimal(name: str, wire: str, description: str, *, within: Within = ()) -> Column:
    """Money, a quantity or a rate: a JSON float of up to four places [P]."""
    return Column(name=name, wire=wire, kind=Kind.DECIMAL, description=description, within=within)


def flag(name: str, wire: str, description: str) -> Column:
    """Yes or no, as true and false or as 1 and 0."""
    return Column(name=name, wire=wire, kind=Kind.FLAG, description=description)


def moment(
    name: str, wire: str, description: str, *, within: Within = (), required: bool = False
) -> Column:
    """A time of the project's clock, in UTC here."""
    return Column(
        name=name,
        wire=wire,
        kind=Kind.TIMESTAMP,
        zone="site",
        description=f"{description} (UTC).",
        within=within,
        required=required,
    )


def changed() -> Column:
    """When the row last changed: what orders its versions, so a row without it is quarantined."""
    return moment("modified_at", "last_change", "When the row last changed", required=True)


def last_change() -> Column:
    """The same where versions are known by the time they were seen."""
    return moment("modified_at", "last_change", "When the row last changed")


def state(description: str = "0 deleted, 1 active, 2 not active.") -> Column:
    """The vendor's own mark of what has been deleted."""
    return number("state", "state", description)


def free(
    name: str,
    wire: str,
    description: str,
    *,
    within: Within = (),
    aliases: tuple[str, ...] = (),
    volatile: bool = False,
) -> Column:
    """A structure of the vendor's own, kept as JSON."""
    return Column(
        name=name,
        wire=wire,
        kind=Kind.JSON,
        description=description,
        within=within,
        aliases=aliases,
        volatile=volatile,
    )


def properties(name: str, wire: str, whose: str, *, aliases: tuple[str, ...] = ()) -> Column:
    """Properties that a project defines for itself, of a row that says when it last changed.

    They carry translated names, so they alone make no new version; a change of them comes with a
    later `last_change`, and the row as it is now has it.
    """
    said = f"Properties that the project defines, of {whose}: an array. Their names are translated."
    return free(name, wire, said, aliases=aliases, volatile=True)


def address(prefix: str, within: Within) -> tuple[Column, ...]:
    """The fields of an Address [P]."""
    parts = [
        text(
            f"{prefix}address_{part}" if part > 1 else f"{prefix}address",
            f"address{part}",
            "Street address, or its first part." if part == 1 else f"Street address, part {part}.",
            within=within,
        )
        for part in ADDRESS_PARTS
    ]
    return (
        *parts,
        text(f"{prefix}postal_code", "zip", "Postal code.", within=within),
        text(f"{prefix}city", "city", "City.", within=within),
        text(f"{prefix}country_code", "country_code", "Country, by its code.", within=within),
    )


def person(prefix: str, within: Within) -> tuple[Column, ...]:
    """The fields of a PersonalInformation, with its address and agreements [P].

    The day of birth stays text: one of the vendor's own examples is "985-02-12" [P], and a slip of
    the pen must not keep a customer, or an order, in quarantine for good. The audit tells of it.
    """
    agreed = (*within, "agreement")
    return (
        text(f"{prefix}salutation", "salutation", "How they are addressed.", within=within),
        number(f"{prefix}gender", "gender", "Gender, 1 to 5 as the vendor counts.", within=within),
        text(f"{prefix}first_name", "first_name", "First name.", within=within),
        text(f"{prefix}last_name", "last_name", "Last name.", within=within),
        text(f"{prefix}pre_nominals", "pre_nominals", "Titles before the name.", within=within),
        text(f"{prefix}post_nominals", "post_nominals", "Titles behind the name.", within=within),
        text(
            f"{prefix}birthdate",
            "birthdate",
            "Day of birth as it was written; a day like 1985-02-12 unless somebody mistyped it.",
            within=within,
        ),
        text(f"{prefix}email", "email", "E-mail address.", within=within),
        text(f"{prefix}phone", "phone", "Phone, text or number as it comes.", within=within),
        text(f"{prefix}language_id", "language_id", "Their language, by its code.", within=within),
        text(f"{prefix}store_id", "store_id", "The store they belong to.", within=within),
        text(f"{prefix}photo_url", "photo_url", "Where their photo is.", within=within),
        *address(prefix, (*within, "address")),
        number(
            f"{prefix}agreement_gtc",
            "agreement_gtc",
            "Agreed to the terms: 1 yes; 0 and 2 as the vendor has them.",
            within=agreed,
        ),
        number(
            f"{prefix}agreement_profiling",
            "agreement_profiling",
            "Agreed to profiling: 1 yes; 0 and 2 as the vendor has them.",
            within=agreed,
        ),
        number(
            f"{prefix}agreement_marketing",
            "agreement_marketing_communication",
            "Agreed to marketing messages: 1 yes; 0 and 2 as the vendor has them.",
            within=agreed,
        ),
        free(
            f"{prefix}custom_agreements",
            "custom_agreements",
            "What else they agreed to, as the project defines it: an array.",
            within=agreed,
        ),
        free(
            f"{prefix}consents",
            "consents",
            "Consents they gave or refused: an array.",
            within=within,
        ),
    )
