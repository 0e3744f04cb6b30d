{#-
  A document's versions in order: the vendor's number, then what is known of their arrival. The last
  two make it total: they identify a version row.
-#}
{% macro version_order(direction='asc') -%}
  _version {{ direction }}, _observed_at {{ direction }}, _page_id {{ direction }}, _row_number {{ direction }}
{%- endmacro %}

{#- Keeps one row per document: its newest version. -#}
{% macro newest_only() -%}
  qualify row_number() over (partition by _key order by {{ version_order('desc') }}) = 1
{%- endmacro %}

{#-
  One row per distinct consecutive content of a document, named by _key and (_page_id, _row_number).

  Equal hashes in a row collapse into the first of the run. A version is valid from the first time
  that it or any later one was seen: what arrives late cannot have become valid after its successor.
  It ends where the next content begins, so a late version that was never seen on its own is there
  with valid_from = valid_to.
-#}
{% macro version_spans(versions) -%}
  select
    _key,
    _page_id,
    _row_number,
    valid_from,
    lead(valid_from) over (partition by _key order by {{ version_order() }}) as valid_to
  from (
    select
      _key,
      _version,
      _observed_at,
      _page_id,
      _row_number,
      _row_hash is distinct from lag(_row_hash) over arrival as is_first_of_run,
      min(_observed_at) over (arrival rows between current row and unbounded following) as valid_from
    from {{ versions }}
    window arrival as (partition by _key order by {{ version_order() }})
  )
  where is_first_of_run
{%- endmacro %}

{#- The documents of a table that vanished at the vendor and have not been seen since. -#}
{% macro open_deletions(vendor, table) -%}
  (
    select _key, min(deleted_at) as deleted_at
    from {{ source('ops', 'deletions') }}
    where vendor = '{{ vendor }}' and table_name = '{{ table }}' and restored_at is null
    group by _key
  )
{%- endmacro %}
