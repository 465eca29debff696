-- child_limit: one row per child and age band, with the days on which its limits hold.
-- Reads: patient, anc_band.
-- Key: (patient_id, from_months).
-- Rule: a band begins on the calendar day at which the child completes its months; a child born
-- on 29 February completes years on 28 February in common years.
create or replace view child_limit as
with starting as (
    select
        patient.patient_id,
        patient.child_number,
        patient.birth_date,
        anc_band.from_months,
        anc_band.entry_limit,
        anc_band.exit_limit,
        anc_band.neutropenic_to,
        anc_band.normal_from,
        cast(patient.birth_date + interval 1 month * anc_band.from_months as date) as from_on
    from patient
    cross join anc_band
)

select
    starting.patient_id,
    starting.child_number,
    starting.birth_date,
    starting.from_months,
    starting.entry_limit,
    starting.exit_limit,
    starting.neutropenic_to,
    starting.normal_from,
    starting.from_on,
    lead(starting.from_on) over (
        partition by starting.child_number
        order by starting.from_months
    ) as before_on
from starting;
