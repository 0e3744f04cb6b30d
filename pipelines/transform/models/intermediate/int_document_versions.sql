{{ union_of('document_versions') }}
