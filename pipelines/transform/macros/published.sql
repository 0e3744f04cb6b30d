{#-
  How a published table is made: created under its own name, with its comments, in one transaction.
  dbt-duckdb's `table` builds beside an old table, asks for its columns and swaps the two; in a file made
  from scratch there is nothing to swap. A description of a column that is not there fails the build.
-#}
{% materialization published, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {%- call statement('main') %}
create table {{ target }} as (
{{ sql }}
);
comment on table {{ target }} is {{ duckdb_escape_comment(model.description) }};
    {%- for column in model.columns.values() %}
comment on column {{ target }}.{{ adapter.quote(column.name) }} is {{ duckdb_escape_comment(column.description) }};
    {%- endfor %}
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}
