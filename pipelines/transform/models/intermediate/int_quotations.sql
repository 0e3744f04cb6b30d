{{ config(materialized='scratch') }}
{{ union_of('quotations') }}
