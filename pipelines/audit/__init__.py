"""Whether a build may be published: checks declared beside each vendor, judged, recorded, shown.

    checks.py         what a check, a result and a verdict are
    configuration.py  checks.yml read and validated whole
    vocabulary.py     the expectations of Great Expectations that can be asked, and their arguments
    base.py           the checks that follow from a table's declaration
    changed.py        the rows no publish has judged yet, as parquet
    expectations.py   those rows judged by Great Expectations, in a process of its own
    facts.py          SQL that returns the rows that should not be
    ledger.py         results kept in the raw file and carried into the published one
    page.py           audit.html

Only `_gx_worker.py` imports Great Expectations, and only as a process of its own.
"""
