-- child_limit: one row per child and age band, with the days on which its limits hold.
-- Reads: patient, anc_band.
-- Key: (patient_id, from_months).
-- Rule: a band begins on the calendar day at which the child completes its months; a child born
-- on 29 February completes years on 28 February in common years.
create or replace view child_limit as
with band as (
    select
        anc_band.*,
        lead(anc_band.from_months) over (order by anc_band.from_months) as before_months
    from anc_band
)

select
    patient.patient_id,
    patient.child_number,
    patient.birth_date,
    band.from_months,
    band.entry_limit,
    band.exit_limit,
    band.neutropenic_to,
    band.normal_from,
    cast(patient.birth_date + interval 1 month * band.from_months as date) as from_on,
    cast(patient.birth_date + interval 1 month * band.before_months as date) as before_on
from patient
cross join band;
