-- the vendors whose systems hold a deal, and whether all of their tables are loaded
select
  deals.deal_key,
  string_agg(distinct deals.vendor, ', ' order by deals.vendor) as vendors,
  bool_and(loading.connection is null) as is_complete
from {{ ref('int_deals') }} as deals
left join {{ ref('int_loading') }} as loading on loading.connection = deals.connection
group by deals.deal_key
