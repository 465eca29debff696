-- masked_end: one row per child whose last counts are masked.
-- Reads: patient, masked_day, unmasked_day.
-- Key: (patient_id).
-- Rule: from the first masked count after its last unmasked one on, nobody can see how it goes.
create or replace view masked_end as
with last_unmasked as (
    select
        unmasked_day.child_number,
        max(unmasked_day.sampled_on) as last_unmasked_on
    from unmasked_day
    where
        exists (
            select masked_day.sampled_on
            from masked_day
            where masked_day.child_number = unmasked_day.child_number
        )
    group by unmasked_day.child_number
)

select
    patient.patient_id,
    last_unmasked.last_unmasked_on,
    min(masked_day.sampled_on) as masked_from
from last_unmasked
inner join patient on last_unmasked.child_number = patient.child_number
inner join masked_day
    on
        last_unmasked.child_number = masked_day.child_number
        and last_unmasked.last_unmasked_on < masked_day.sampled_on
group by patient.patient_id, last_unmasked.last_unmasked_on;
