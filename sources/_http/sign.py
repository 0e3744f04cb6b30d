"""Credentials that ride elsewhere than in a request's headers: in its query, in its body."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from sources._http.redact import Redactor

Sign = Callable[[httpx.Request, Mapping[str, str]], httpx.Request]
"""Makes of a request, and of what `Auth.headers` gave, the request as it is sent.

It may return the request it was given, changed, or a new one; scheme, host, port and path must
stay. `signed` sets the length of the body.
"""


def signed(
    sign: Sign, request: httpx.Request, credentials: Mapping[str, str], redactor: Redactor
) -> httpx.Request:
    """The request with the credentials on it; the one that was given stays without.

    Args:
        sign: puts them on.
        request: as it is asked for, and shown; a repeat is signed from it anew.
        credentials: what `Auth.headers` gave: all of it is taken for secret.
        redactor: learns them.

    Raises:
        ValueError: it would go elsewhere than it was meant to.
    """
    redactor.add(*credentials.values())
    copy = httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        content=request.content or None,
    )
    out = sign(copy, credentials)
    if _place(out) != _place(request):
        raise ValueError("a request is signed in its query, headers or body, never sent elsewhere")
    if out.content or request.content:
        out.headers["content-length"] = str(len(out.content))
    return out


def _place(request: httpx.Request) -> tuple[str, httpx.URL]:
    return request.method, request.url.copy_with(query=None, fragment=None)
