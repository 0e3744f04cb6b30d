{{ config(materialized='scratch') }}
{{ union_of('invoices') }}
