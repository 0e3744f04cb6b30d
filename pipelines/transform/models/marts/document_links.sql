select from_type, from_key, from_vendor, to_type, to_key, to_vendor, found_by
from {{ ref('int_links') }}
