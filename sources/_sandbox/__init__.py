"""The other side of the wire: a real HTTP server that plays each vendor's sheet on loopback.

Written from the sheets, apart from the client: nothing here knows how the client reads. Every
vendor whose folder has a `sandbox.py` is served under `/<vendor>`; all of them tell of one
fictional company, so that what two vendors say of one sale agrees.

| module | what it is |
|---|---|
| `setup` | what a sandbox is started with |
| `company`, `company_deals`, `company_world` | the company, its deals' lives, its clock |
| `vendor` | what a vendor's sandbox is, and how those there are get found |
| `notifications` | a queue of saves that a client lists and confirms |
| `faults`, `wire` | what can be made to go wrong, and how it goes wrong on the wire |
| `journal` | what was asked and answered |
| `control`, `server` | the control plane and the server |
| `table_books` | what can be done to a vendor that keeps tables |
| `process` | starts one as a subprocess: for the demo and for tests |
"""
