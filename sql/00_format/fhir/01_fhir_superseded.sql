-- fhir_superseded: one row per resource of which a newer version is there.
-- Reads: source_resource.
-- Key: (file, row_number).
-- Rule: the version changed last is the newest, then the one with the highest number. Where
-- neither is said, nothing tells which is right, and all stand.
create or replace view fhir_superseded as
with several as (
    select
        source_resource.resource_type,
        source_resource.resource_id
    from source_resource
    where
        source_resource.resource_id is not null
        and (source_resource.version_id is not null or source_resource.last_updated is not null)
    group by source_resource.resource_type, source_resource.resource_id
    having count(*) > 1
),

dated as (
    select
        source_resource.file,
        source_resource.row_number,
        source_resource.resource_type,
        source_resource.resource_id,
        try_cast(source_resource.version_id as bigint) as version_number,
        try_cast(source_resource.last_updated as timestamp with time zone) as updated_at
    from source_resource
    inner join several
        on
            source_resource.resource_type = several.resource_type
            and source_resource.resource_id = several.resource_id
),

compared as (
    select
        dated.*,
        max(dated.updated_at) over same_resource as newest_at,
        max(dated.version_number) over same_moment as highest_number
    from dated
    window
        same_resource as (partition by dated.resource_type, dated.resource_id),
        same_moment as (partition by dated.resource_type, dated.resource_id, dated.updated_at)
)

select
    compared.file,
    compared.row_number
from compared
where compared.updated_at < compared.newest_at or compared.version_number < compared.highest_number;
