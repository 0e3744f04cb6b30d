"""The settings of a project: read from two files and the environment, judged all at once.

Penstock looks for a setting of a connection under its full name alone, in this order: the
environment (`SOURCES__CIENAPPS__BASE_URL`), a secret mounted as a file (`/run/secrets`, as dlt
does), `.dlt/secrets.toml`, `.dlt/config.toml`. dlt's own search, which also takes `BASE_URL` or
`USERNAME` for it, is not used: a desktop's `USERNAME` would log in somebody else.
"""

from __future__ import annotations
