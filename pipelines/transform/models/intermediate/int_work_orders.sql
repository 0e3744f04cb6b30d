{{ config(materialized='scratch') }}
{{ union_of('work_orders') }}
