"""The wire: one async HTTP client for every vendor, and the thread it runs in.

| module | what it is |
|---|---|
| `errors` | what can go wrong, named by what to do about it |
| `redact` | nothing secret reaches a message, a log or a traceback |
| `settings` | where a vendor is and how patiently it is asked; URLs, TLS |
| `auth` | credentials that can be renewed once for all requests in flight |
| `retry` | what is worth another try, when, and when to give up |
| `answer` | a body read within bounds, and what counts as an answer |
| `verdict` | what an answer means |
| `exchange` | one request and its answer, over httpx |
| `client` | the client itself |
| `bridge` | an async producer in a thread of its own, handed to a synchronous consumer |

Nothing is imported here: the command line needs `errors` without paying for httpx (0.25 s).
"""
