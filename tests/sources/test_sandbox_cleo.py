"""Cleo on the wire as played: logging in, finding folders, paging, fetching, being refused."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sources._sandbox.process import SandboxFailedError, running_sandbox
from tests.sources.cleo_mailbox import VENDOR
from tests.sources.sandbox_cleo_wire import OCTETS, Caller, calling, site

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
ROOT: dict[str, Any] = {
    "type": "folder",
    "space": "home",
    "permissions": [],
    "systemProtected": {"delete": False, "rename": False},
}


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with site(rows=200) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a mailbox that several tests share; none of them may change it."""
    with calling(running.sandbox) as caller:
        yield caller
    running.sandbox.clear_faults()


def _payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return payload


def test_a_login_answers_as_the_sample_does(caller: Caller) -> None:
    answer = caller.log_in()

    assert list(answer.json()) == ["token_type", "access_token", "user_id"]
    assert answer.json()["token_type"] == "bearer"
    head, _payload_part, signature = answer.json()["access_token"].split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["typ"] == "JWT"
    assert len(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))) == 32
    told = _payload(caller.token)
    assert told["iat"] == caller.sandbox.now().timestamp()
    assert told["exp"] - told["iat"] == 3600
    assert caller.token in caller.books.issued()


def test_every_login_gives_another_token(caller: Caller) -> None:
    first = caller.token
    caller.log_in()
    assert caller.token != first
    assert caller.ask("/folders").status == 200
    caller.token = first
    assert caller.ask("/folders").status == 200


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"username": "nobody"}])
def test_a_wrong_login_is_refused(caller: Caller, changes: dict[str, str]) -> None:
    answer = caller.log_in(**changes)
    assert (answer.status, answer.said) == (401, "The username or the password is not right")


def test_a_login_is_a_form_with_its_grant_type(caller: Caller) -> None:
    assert caller.log_in(grant_type="refresh_token").status == 400
    body = json.dumps({"grant_type": "password", **caller.sandbox.credentials(VENDOR)}).encode()
    headers = {"Content-Type": "application/json"}
    answer = caller.ask("/authentication", method="POST", body=body, headers=headers)
    assert (answer.status, "urlencoded" in answer.said) == (400, True)


ROUTES = ("/folders", "/folders/x/children", "/files/x", "/files/x/content", "/elsewhere")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("token", ["", "a.b.c"], ids=["no token", "unknown token"])
def test_every_route_asks_for_a_token(caller: Caller, path: str, token: str) -> None:
    caller.token = token
    assert caller.ask(path).status == 401
    assert "token" in caller.ask(path).said
    assert caller.upload("x", b"", key="x").status == 401


@pytest.mark.parametrize("path", ROUTES[1:])
def test_what_is_not_there_is_404(caller: Caller, path: str) -> None:
    assert caller.ask(path).status == 404
    assert "There is no" in caller.ask(path).said


def test_a_token_ends_by_the_mailboxes_clock() -> None:
    with site(jwt_seconds=120) as caller:
        told = _payload(caller.token)
        assert told["exp"] - told["iat"] == 120
        caller.sandbox.advance(hours=1 / 60)
        assert caller.ask("/folders").status == 200
        caller.sandbox.advance(hours=1 / 60)
        assert caller.ask("/folders").status == 401
        assert caller.log_in().status == 200
        assert caller.ask("/folders").status == 200


def test_a_login_may_say_how_long_it_is_good_for() -> None:
    with site(says_expires_in=True, jwt_seconds=900) as caller:
        assert caller.log_in().json()["expires_in"] == 900


def test_a_token_may_be_good_for_a_few_requests() -> None:
    with site(token_requests=2) as caller:
        assert [caller.ask("/folders").status for _ in range(3)] == [200, 200, 401]
        caller.log_in()
        assert caller.ask("/folders").status == 200


def test_the_folders_are_shaped_like_the_samples(caller: Caller) -> None:
    folders = caller.ask("/folders").json()
    (root,) = folders["resources"]
    inside = caller.children(root["id"])
    names = [row["name"] for row in inside["resources"]]

    assert {k: v for k, v in folders.items() if k != "resources"} == {
        "totalResults": 1,
        "startIndex": 0,
        "count": 1,
    }
    assert {name: root[name] for name in ROOT} == ROOT
    assert names == ["download", "upload"]
    assert (inside["totalResults"], inside["startIndex"], inside["count"]) == (2, 0, 2)
    for row in inside["resources"]:
        assert list(row) == [
            "type",
            "space",
            "subspace",
            "id",
            "name",
            "permissions",
            "systemProtected",
            "_links",
            "meta",
        ]
        assert row["subspace"] == row["name"]
        assert row["permissions"] == [row["name"]]
        assert row["systemProtected"] == {"delete": True, "rename": True}
        assert row["_links"] == {"self": {"href": f"/api/folders/{row['id']}"}}
        assert len(row["id"]) == 86
    assert inside["resources"][0]["meta"] == {"lastModified": "2024-01-08T13:00:00.000Z"}


def test_files_lie_in_download_and_below(caller: Caller) -> None:
    files, archived = caller.files("download"), caller.files("download", "archive 2023")

    for row in (*files, *archived):
        assert row["_links"] == {"self": {"href": f"/api/files/{row['id']}"}}
        assert row["length"] == len(caller.ask(f"/files/{row['id']}").body)
        assert STAMP.fullmatch(row["meta"]["lastModified"])
    assert {row["id"] for row in (*files, *archived)} == set(caller.books.keys()["files"])
    assert {row["name"] for row in files} & {row["name"] for row in archived} == {
        "purchase_order_850.json"
    }
    old = [row for row in files if row["meta"]["lastModified"] == "1970-01-01T00:00:00.000Z"]
    assert 2 <= len(old) < len(files) / 4


def test_pages_begin_where_they_are_asked_to(caller: Caller) -> None:
    key = caller.folder("download")["id"]
    everything = caller.entries(key)
    assert len(everything) > 100

    first, second = caller.children(key), caller.children(key, startIndex=7, count=5)
    end = caller.children(key, startIndex=len(everything) - 2, count=5)
    beyond = caller.children(key, startIndex=len(everything), count=5)

    assert (first["count"], first["resources"]) == (100, everything[:100])
    assert (second["startIndex"], second["count"]) == (7, 5)
    assert second["resources"] == everything[7:12]
    assert (end["count"], end["resources"]) == (2, everything[-2:])
    assert (beyond["count"], beyond["resources"]) == (0, [])
    assert {page["totalResults"] for page in (first, second, end, beyond)} == {len(everything)}
    assert caller.children(key, count=1000)["count"] == 100


@pytest.mark.parametrize("asked", ["startIndex=-1", "count=x", "startIndex=%C2%B2"])
def test_a_page_that_cannot_be_is_refused(caller: Caller, asked: str) -> None:
    key = caller.folder("download")["id"]
    assert caller.ask(f"/folders/{key}/children?{asked}").status == 400


def test_a_page_may_hold_fewer() -> None:
    with site(most=3) as caller:
        key = caller.folder("download")["id"]
        assert caller.children(key, count=50)["count"] == 3
        assert len(caller.entries(key)) > 6


def test_paging_may_be_ignored() -> None:
    with site(ignores_paging=True, most=3) as caller:
        key = caller.folder("download")["id"]
        pages = [caller.children(key), caller.children(key, startIndex=4, count=2)]
    assert pages[0] == pages[1]
    assert pages[0]["startIndex"] == 0
    assert pages[0]["count"] == pages[0]["totalResults"] == len(pages[0]["resources"]) > 6


def test_a_files_link_is_its_bytes_whatever_is_accepted(caller: Caller) -> None:
    row = next(r for r in caller.files("download") if r["name"] == "purchase_order_850.json")
    for accepted in (OCTETS, "application/json", "*/*"):
        answer = caller.ask(f"/files/{row['id']}", headers={"Accept": accepted})
        assert answer.body == b'[{"type":"850","value":"$99.99"}]'
        assert answer.headers["content-type"] == OCTETS
    assert caller.ask(f"/files/{row['id']}/content").status == 404


def test_a_files_link_may_tell_of_it_instead() -> None:
    with site(download="metadata") as caller:
        caller.books.plant("files", "colour", "oak")
        row = next(r for r in caller.files("download") if r["name"] == "purchase_order_850.json")
        told = caller.ask(f"/files/{row['id']}")
        content = caller.ask(f"/files/{row['id']}/content")
    same = {name: value for name, value in row.items() if name not in ("type", "_links")}
    assert told.headers["content-type"] == "application/json"
    assert {name: told.json()[name] for name in same} == same
    assert [step["name"] for step in told.json()["path"]] == ["millstreamedi ", "download"]
    assert content.body == b'[{"type":"850","value":"$99.99"}]'
    assert content.headers["content-type"] == OCTETS


def test_an_expired_token_is_told_in_mid_listing(caller: Caller) -> None:
    key = caller.folder("download")["id"]
    caller.sandbox.fault("expired_token", vendor=VENDOR, after=1)
    assert caller.ask(f"/folders/{key}/children").status == 200
    assert caller.ask(f"/folders/{key}/children?startIndex=100").status == 401
    assert caller.ask("/folders").status == 401
    caller.log_in()
    assert caller.ask(f"/folders/{key}/children?startIndex=100").status == 200


def test_a_folder_may_be_unlistable_for_once(caller: Caller) -> None:
    key = caller.folder("download")["id"]
    caller.sandbox.fault("unlistable_children", vendor=VENDOR)
    assert caller.ask(f"/folders/{key}/children").status == 403
    assert caller.ask(f"/folders/{key}/children").status == 200


def test_a_list_may_lack_its_last_file_and_nobody_can_tell(caller: Caller) -> None:
    key = caller.folder("download")["id"]
    whole = caller.entries(key)
    caller.sandbox.fault("missing_from_list", vendor=VENDOR, times="always")
    less = caller.entries(key)
    last = [row for row in whole if row["type"] == "file"][-1]
    assert less == [row for row in whole if row is not last]
    assert caller.children(key)["totalResults"] == len(whole) - 1
    caller.sandbox.clear_faults()
    assert caller.entries(key) == whole


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"colour": "red"}, "no option 'colour'"),
        ({"download": "either"}, "cleo.download is 'either'"),
        ({"upload": "lost"}, "cleo.upload is 'lost'"),
        ({"jwt_seconds": 0}, "cleo.jwt_seconds is 0"),
        ({"names": "("}, "cleo.names is '\\('"),
        ({"big_mb": "much"}, "cleo.big_mb is 'much'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_cannot_be_played_is_refused(options: dict[str, object], why: str) -> None:
    with (
        pytest.raises(SandboxFailedError, match=why),
        running_sandbox(rows=1, options={VENDOR: options}),
    ):
        pass


def test_nothing_secret_is_in_the_journal(tmp_path: Path) -> None:
    with running_sandbox(rows=1, journal=tmp_path) as sandbox, calling(sandbox) as caller:
        caller.everything()
        hidden = [sandbox.credentials(VENDOR)["password"], caller.token]
    text = "".join(file.read_text("utf-8") for file in tmp_path.rglob("*.jsonl"))
    assert "/api/authentication" in text
    assert not [secret for secret in hidden if secret in text]
