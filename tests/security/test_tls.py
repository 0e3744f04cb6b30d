"""Nothing turns the verification of certificates off, or follows a redirect with credentials.

That such a certificate or redirect is refused: `tests/sources/test_http_tls.py` and
`test_http_client.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import REPOSITORY

FALSE_FOR = frozenset({"verify", "verify_ssl", "ssl", "check_hostname", "verify_certs"})
NAMES = frozenset(
    {
        *("CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context", "disable_warnings"),
        *("TLSv1", "TLSv1_1", "SSLv3", "InsecureRequestWarning", "_create_stdlib_context"),
    }
)


def weak(tree: ast.AST) -> Iterator[str]:
    """What in a file leaves a certificate unverified, or goes where a vendor points."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg=str(name), value=ast.Constant(value=it)):
                if (name in FALSE_FOR and not it) or (name == "follow_redirects" and it):
                    yield f"{name}={it!r}"
            case ast.Assign(targets=targets, value=ast.Constant(value=it)):
                told = {t.attr for t in targets if isinstance(t, ast.Attribute)}
                if told & FALSE_FOR and not it:
                    yield f"{told & FALSE_FOR} = {it!r}"
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                if name in NAMES:
                    yield name
            case ast.Constant(value=str(text)):
                if text in ("PYTHONHTTPSVERIFY", "CURL_CA_BUNDLE") or "--insecure" in text:
                    yield text


def files() -> list[Path]:
    return [
        f for top in ("sources", "pipelines", "notebooks") for f in (REPOSITORY / top).rglob("*.py")
    ]


def test_no_file_weakens_it() -> None:
    assert len(files()) > 200
    found = {f.name: list(weak(ast.parse(f.read_text("utf-8")))) for f in files()}
    assert not {name: said for name, said in found.items() if said}


@pytest.mark.parametrize(
    "planted",
    [
        "httpx.get(url, verify=False)",
        "session.get(url, verify=0)",
        "aiohttp.TCPConnector(ssl=False)",
        "context.check_hostname = False",
        "context.verify_mode = ssl.CERT_NONE",
        "from ssl import CERT_NONE",
        "ssl._create_unverified_context()",
        "os.environ['PYTHONHTTPSVERIFY'] = '0'",
        "httpx.AsyncClient(follow_redirects=True)",
        "subprocess.run(['curl', '--insecure', url])",
    ],
)
def test_a_planted_weakness_is_found(planted: str) -> None:
    assert list(weak(ast.parse(planted)))
