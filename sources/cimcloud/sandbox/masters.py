"""What stays: products with prices and stock, accounts with their people and addresses."""

from __future__ import annotations

from hashlib import sha256

from sources._sandbox.chance import dice
from sources.cimcloud.sandbox.accounts import TERMS, Account, Profile
from sources.cimcloud.sandbox.catalogue import LEVELS, WAREHOUSES, Product, names
from sources.cimcloud.sandbox.desk import Desk
from sources.cimcloud.sandbox.resources import UNIT, ten_thousandths


def offer(desk: Desk, product: Product, at: int) -> None:
    """A product comes to be, with its prices and its stock."""
    desk.insert(
        "products",
        at,
        sku=product.sku,
        nm=product.name,
        description=f"{product.name} ({product.category})",
        unit_of_measure=product.unit,
        price=ten_thousandths(product.list_price),
        status="Active",
    )
    for level in LEVELS:
        price = ten_thousandths(product.price(level))
        desk.insert("product_prices", at, sku=product.sku, price_level=level, price=price)
    for warehouse in WAREHOUSES:
        desk.stock(product.sku, warehouse, at)


def reprice(desk: Desk, product: Product, at: int) -> None:
    """A product costs a little more from now on."""
    product.list_price += max(product.list_price // 5000 * 100, 25)
    desk.update("products", product.sku, at, price=ten_thousandths(product.list_price))
    for level in LEVELS:
        price = ten_thousandths(product.price(level))
        desk.update("product_prices", f"{product.sku}{UNIT}{level}", at, price=price)


def open_account(desk: Desk, profile: Profile) -> Account:
    """An account comes to be, with the people who may sign in and where goods go."""
    a_id = desk.number("accounts")
    rng = dice("cimcloud account", desk.seed, a_id)
    account = Account(
        a_id=a_id,
        num=f"01-{a_id:07}" if rng.random() < 0.7 else f"W{a_id:06}",
        profile=profile,
        rep=rng.choice(names()["reps"]),
        terms=rng.choice(list(TERMS)),
        lateness=int(rng.random() * 14) - 4,
        pays_online=rng.random() < 0.35,
    )
    desk.insert(
        "accounts",
        profile.opened,
        a_id=a_id,
        ref_id=f"01-{a_id:07}",
        num=account.num,
        email=f"office{a_id}@accounts.example",
        status="Active",
        sales_rep=account.rep,
        terms=account.terms,
        **_card(profile),
    )
    for place, (first, last) in enumerate(profile.people):
        account.users.append(_customer(desk, account, place, first, last))
    for _ in range(1 + (rng.random() < 0.4)):
        sa_id = desk.number("addresses")
        desk.insert("addresses", profile.opened, sa_id=sa_id, a_id=a_id, **_card(profile))
    return account


def amend(desk: Desk, account: Account, chance: float, at: int) -> None:
    """Somebody keeps an account's record up to date."""
    reps = names()["reps"]
    if chance < 0.5:
        account.rep = reps[(reps.index(account.rep) + 1) % len(reps)]
        desk.update("accounts", account.a_id, at, sales_rep=account.rep)
    elif chance < 0.7:
        desk.update("accounts", account.a_id, at, email=f"desk{at % 1000}@accounts.example")
    else:
        phone = f"{account.profile.phone[:-4]}{at % 10_000:04}"
        desk.update("customers", account.users[-1], at, c_phone=phone)


def _card(profile: Profile) -> dict[str, str]:
    return {
        "nm": profile.name,
        "address": profile.address,
        "city": profile.city,
        "state": profile.state,
        "zip": profile.postal_code,
        "country": "CA",
        "phone": profile.phone,
    }


def _customer(desk: Desk, account: Account, place: int, first: str, last: str) -> int:
    c_id, profile = desk.number("customers"), account.profile
    desk.insert(
        "customers",
        profile.opened,
        c_id=c_id,
        a_id=account.a_id,
        c_f_nm=first,
        c_l_nm=last,
        c_em=f"user{c_id}@accounts.example",
        c_phone=profile.phone if place == 0 else f"{profile.phone[:-4]}{c_id % 10_000:04}",
        c_add1=profile.address,
        c_city=profile.city,
        c_state=profile.state,
        c_zip=profile.postal_code,
        username=f"user{c_id}",
        pw=sha256(f"{desk.seed}/{c_id}".encode()).hexdigest(),
        password_hint=names()["hints"][c_id % 3],
    )
    return c_id
