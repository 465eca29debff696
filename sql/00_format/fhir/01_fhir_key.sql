-- fhir_key: one row per address that a Bundle gives to an entry, with the id of what stands there.
-- Reads: source_resource.
-- Key: (full_url).
-- Rule: the logical id, else the end of the address. Only what other resources point to.
create or replace view fhir_key as
select
    source_resource.full_url,
    min(
        coalesce(source_resource.resource_id, regexp_extract(source_resource.full_url, '[^/:]+$'))
    ) as resource_key
from source_resource
where
    source_resource.full_url is not null
    and source_resource.resource_type in ('Patient', 'RelatedPerson', 'Medication')
group by source_resource.full_url;
