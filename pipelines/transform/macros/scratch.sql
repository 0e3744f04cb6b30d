{#-
  What several models are made from and nobody reads: reckoned once, in a file beside the warehouse that
  is thrown away after the build.
-#}
{% materialization scratch, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {%- call statement('main') %}
create table {{ target }} as (
{{ sql }}
);
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}
