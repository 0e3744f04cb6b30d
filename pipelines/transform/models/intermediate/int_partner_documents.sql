{{ config(materialized='scratch') }}
{{ union_of('partner_documents') }}
