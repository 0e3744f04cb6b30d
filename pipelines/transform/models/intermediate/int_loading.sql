-- connections of which a table is still being loaded: what is counted from them is too low
select connection, any_value(vendor) as vendor
from {{ ref('int_coverage') }}
where not is_complete
group by connection
