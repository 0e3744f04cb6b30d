"""The model: from versions of documents to the tables that analysts read.

A dbt project (`macros/`, `models/`) completed per build by what the vendors' declarations say:

    build.py        the raw file in, the next warehouse out
    project.py      hand-written and generated files put together in the work folder
    declared.py     the models that follow from declarations: current tables, history
    properties.py   what dbt is told about them: sources, schemas, descriptions
    own.py          the user's own models, beside ours or in their place
    own_faults.py   what is wrong with those, told by the names of the user's files
    profile.py      what dbt connects to, and the connection that stays open meanwhile
    maps.py         the mappings that the user owns
    dbt_process.py  dbt in this process, with nothing left open

    models/staging/<vendor>/  a vendor's own tables in the marts' terms; ephemeral
    models/intermediate/      every vendor's rows together, customers recognised; ephemeral
    models/marts/             sales: one row per thing
    models/ops/               ops: runs, windows, coverage, freshness, drift, sweeps, quarantine

A new vendor is its declarations and its folder under `models/staging`; nothing else is edited.
"""

from pipelines.transform.build import BuildReport, build
from pipelines.transform.dbt_process import ModelFailed
from pipelines.transform.maps import MapsMisconfigured

__all__ = ["BuildReport", "MapsMisconfigured", "ModelFailed", "build"]
