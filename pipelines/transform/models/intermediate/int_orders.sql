{{ config(materialized='scratch') }}
{{ union_of('orders') }}
