{{ config(materialized='scratch') }}
{{ union_of('document_versions') }}
