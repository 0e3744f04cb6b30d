{#-
  How a published table is made: created under its own name, with its comments, in one transaction.
  dbt-duckdb's `table` builds beside an old table, asks for its columns and swaps the two; in a file made
  from scratch there is nothing to swap. A description of a column that is not there fails the build,
  but not in a model of the user's: what we say of a table need not fit what takes its place.
-#}
{% materialization published, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {%- set is_own = model.config.meta.get('own') -%}
  {%- call statement('main') %}
create table {{ target }} as (
{{ sql }}
);
comment on table {{ target }} is {{ duckdb_escape_comment(model.description) }};
    {%- if not is_own %}{{ column_comments(target, model.columns.values()) }}{% endif %}
  {%- endcall %}
  {%- if is_own %}
    {%- set there = adapter.get_columns_in_relation(target) | map(attribute='name') | map('lower') | list %}
    {%- set described = [] %}
    {%- for column in model.columns.values() if column.name | lower in there %}
      {%- do described.append(column) %}
    {%- endfor %}
    {%- if described %}
      {%- call statement('comments') %}{{ column_comments(target, described) }}{% endcall %}
    {%- endif %}
  {%- endif %}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro column_comments(target, columns) %}
  {%- for column in columns %}
comment on column {{ target }}.{{ adapter.quote(column.name) }} is {{ duckdb_escape_comment(column.description) }};
  {%- endfor %}
{%- endmacro %}
