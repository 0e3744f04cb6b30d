{#-
  A document names an account, and the account its owner: that contact, as it is now, is the customer.
  A lead may name a contact itself. An account whose owner is not here stands in with its own name.
-#}
with document as (
  select 'order' as document_type, connection, _key, purchase_number as document_number, account_id,
    account_name, null as contact_id, null as contact_name, _observed_at, _version
  from {{ ref('crm_com__purchases') }}
  union all
  select 'work_order', connection, _key, job_number, account_id, account_name, null, null,
    _observed_at, _version
  from {{ ref('crm_com__jobs') }}
  union all
  select 'invoice', connection, _key, invoice_number, account_id, account_name, null, null,
    _observed_at, _version
  from {{ ref('crm_com__invoices') }}
  union all
  select 'quotation', connection, _key, lead_number, account_id, account_name, contact_id,
    contact_name, _observed_at, _version
  from {{ ref('crm_com__leads') }}
),

phone as (
  select _key, phone_number
  from {{ ref('crm_com__contact_phones') }}
  where {{ folded_phone('phone_number') }} is not null
  qualify row_number() over (partition by _key order by line_number) = 1
),

address as (
  select _key, street_name, street_number, city, postal_code
  from {{ ref('crm_com__contact_addresses') }}
  qualify row_number() over (partition by _key order by line_number) = 1
),

named as (
  select
    document.*,
    account.account_name as own_name,
    coalesce(document.contact_id, account.owner_contact_id) as customer_id,
    coalesce(document.contact_name, account.owner_contact_name) as customer_name
  from document
  left join {{ ref('crm_com__accounts') }} as account
    on account.connection = document.connection and account.account_id = document.account_id
)

select
  'crm_com' as vendor,
  named.connection,
  named._key as document_key,
  {{ clean('named.document_number') }} as document_number,
  named.document_type,
  case
    when contact.contact_id is null
      then {{ clean('coalesce(named.customer_name, named.own_name, named.account_name)') }}
    when {{ clean('contact.company_name') }} is not null then {{ clean('contact.company_name') }}
    -- a contact that has no part of a name has it in full, whatever it is
    when {{ clean('contact.last_name') }} is null and {{ clean('contact.first_name') }} is null
      then {{ clean('contact.contact_name') }}
  end as company_name,
  {{ clean('contact.first_name') }} as first_name,
  {{ clean('contact.last_name') }} as last_name,
  {{ clean('phone.phone_number') }} as phone,
  {{ clean("concat_ws(' ', address.street_number, address.street_name)") }} as address,
  {{ clean('address.city') }} as city,
  {{ clean('address.postal_code') }} as postal_code,
  null as origin,
  cast(contact.created_at as date) as customer_since_on,
  coalesce(contact._observed_at, named._observed_at) as saved_at,
  coalesce(contact._version, named._version) as saved_order
from named
left join {{ ref('crm_com__contacts') }} as contact
  on contact.connection = named.connection and contact.contact_id = named.customer_id
left join phone on phone._key = contact._key
left join address on address._key = contact._key
