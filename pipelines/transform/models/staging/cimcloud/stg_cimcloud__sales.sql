{#-
  One row per sale, and whose it is. A web order that the ERP took over stands in both tables and is
  one sale: the ERP's row, or its rows where it split the order. What was deleted is none; an account
  that was deleted is still whose the sale was.

  The two tables are numbered apart, so the key of a web order says that it is one.
-#}
with erp as (
  select * from {{ ref('cimcloud__order_history') }} where deleted_at is null
),

web as (
  select *
  from {{ ref('cimcloud__orders') }} as placed
  where placed.deleted_at is null
    and not exists (
      from erp
      where erp.connection = placed.connection and erp.web_order_number = placed.web_order_number
    )
),

-- numbers are typed at the ERP: of two accounts with one number, the one that is there, then the older
by_number as (
  select connection, account_number, _key
  from {{ ref('cimcloud__accounts') }}
  qualify row_number() over (
    partition by connection, account_number order by deleted_at is not null, account_id
  ) = 1
)

select
  'order_history' as table_name,
  erp.connection,
  erp._key,
  erp._key as document_key,
  erp.order_number as document_number,
  erp.purchase_order,
  erp.sales_rep,
  erp.ordered_on,
  erp.total_amount,
  coalesce(erp.tax_amount, 0) + coalesce(erp.shipping_amount, 0) as beside_lines_amount,
  case when erp.status = 'Complete' then erp.shipped_on end as delivered_on,
  by_number._key as account_key
from erp
left join by_number
  on by_number.connection = erp.connection and by_number.account_number = erp.account_number
union all
select
  'orders',
  web.connection,
  web._key,
  web.connection || chr(31) || 'web' || substr(web._key, length(web.connection) + 1),
  cast(web.web_order_number as varchar),
  web.purchase_order,
  null,
  web.ordered_on,
  web.total_amount,
  -- whether a coupon is taken off the total or off a line is not documented
  case
    when coalesce(web.coupon_amount, 0) = 0
      then coalesce(web.tax_amount, 0) + coalesce(web.shipping_amount, 0)
  end,
  null,
  account._key
from web
left join {{ ref('cimcloud__accounts') }} as account
  on account.connection = web.connection and account.account_id = web.account_id
