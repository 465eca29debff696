-- mask_window: one row per course of a treatment that masks the counts.
-- Reads: treatment, patient, definition.
-- Key: none.
-- Rule: masked from the first day of the course to so many days after its last, both included;
-- an agent without a number of days masks nothing.
create or replace view mask_window as
with course as (
    select distinct
        patient.patient_id,
        patient.child_number,
        treatment.started_on,
        treatment.ended_on,
        case
            when treatment.role in ('gcsf', 'gmcsf', 'gcsf_long') then 'gcsf'
            when treatment.role = 'ivig' then 'ivig'
            when treatment.role = 'systemic_glucocorticoid' then 'corticosteroid'
            when treatment.role = 'transfusion' then 'transfusion'
        end as agent
    from treatment
    inner join patient on treatment.patient_id = patient.patient_id
),

lasting as (
    select
        course.*,
        case course.agent
            when 'gcsf' then definition.gcsf_mask_days
            when 'ivig' then definition.ivig_mask_days
            when 'corticosteroid' then definition.corticosteroid_mask_days
            when 'transfusion' then definition.transfusion_mask_days
        end as mask_days
    from course
    cross join definition
)

select
    lasting.patient_id,
    lasting.child_number,
    lasting.started_on as from_on,
    cast(lasting.ended_on + interval 1 day * lasting.mask_days as date) as to_on,
    lasting.agent
from lasting
where lasting.mask_days is not null;
