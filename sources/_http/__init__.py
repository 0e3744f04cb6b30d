"""The wire: one async HTTP client for every vendor, and the thread it runs in.

| module | what it is |
|---|---|
| `errors` | what can go wrong, named by what to do about it |
| `redact` | nothing secret reaches a message, a log or a traceback |
| `settings` | where a vendor is and how patiently it is asked; URLs, TLS |
| `auth` | credentials that can be renewed once for all requests in flight |
| `sign` | credentials that ride in a query or a body instead of a header |
| `call` | one request on its way through its tries |
| `retry` | what is worth another try, when, and when to give up |
| `answer` | a body read within bounds, and what counts as an answer |
| `judgement` | what an answer means by a vendor's own rules, whatever its status says |
| `verdict` | ... and by HTTP's |
| `exchange` | one request and its answer, over httpx |
| `budget` | how many calls an account has left, shared by all processes |
| `budget_count` | ... the arithmetic of it: our own count and the vendor's word |
| `budget_file` | ... the SQLite file |
| `budget_rows` | ... and what is in it of one account |
| `process` | whether another process still runs |
| `lanes` | how many requests may be in flight at once, found by trying |
| `gate` | what a request must pass before it is sent |
| `client` | the client itself |
| `bridge` | an async producer in a thread of its own, handed to a synchronous consumer |

Nothing is imported here: the command line needs `errors` without paying for httpx (0.25 s).
"""
