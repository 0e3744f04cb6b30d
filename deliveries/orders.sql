-- The orders of a month, for a partner who plans with them. `penstock deliver orders` sends last
-- month's to the mailbox of the connection below, once; --dry-run shows what would be sent.
--
-- connection: cleo
-- period: month
-- timezone: America/Vancouver
-- format: csv
-- file: penstock_orders_{period}.csv
select
  order_number,
  vendor as source,
  created_on,
  due_on,
  customer_name,
  title,
  purchase_order,
  stage,
  outcome
from sales.orders
where created_on >= $period_start and created_on < $period_end
order by source, order_number
