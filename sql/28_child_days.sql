-- child_days: one row per usable child, with the number of its days with a count, by kind.
-- Reads: patient, day_of_counts, masked_day, anc_band, child_limit.
-- Key: (patient_id).
-- Rule: a child without a count has 0 days. Only a count that is one of the limits is held against
-- those of the child's age.
create or replace view child_days as
with counted as (
    select
        day_of_counts.child_number,
        count(*) as n_days,
        count(case when day_of_counts.n_results > 1 then 1 end) as n_several
    from day_of_counts
    group by day_of_counts.child_number
),

masked as (
    select
        masked_day.child_number,
        count(*) as n_masked
    from masked_day
    group by masked_day.child_number
),

limit_value as (
    select anc_band.entry_limit as anc
    from anc_band
    union
    select anc_band.exit_limit
    from anc_band
),

on_limit as (
    select
        day_of_counts.child_number,
        count(*) as n_on_limit
    from day_of_counts
    inner join limit_value on day_of_counts.anc = limit_value.anc
    inner join child_limit
        on
            day_of_counts.child_number = child_limit.child_number
            and day_of_counts.sampled_on >= child_limit.from_on
            and (day_of_counts.sampled_on < child_limit.before_on or child_limit.before_on is null)
    where day_of_counts.anc in (child_limit.entry_limit, child_limit.exit_limit)
    group by day_of_counts.child_number
),

after_death as (
    select
        patient.child_number,
        count(*) as n_after_death
    from patient
    inner join day_of_counts
        on
            patient.child_number = day_of_counts.child_number
            and patient.died_on < day_of_counts.sampled_on
    group by patient.child_number
)

select
    patient.patient_id,
    cast(coalesce(counted.n_days, 0) as integer) as n_days,
    cast(coalesce(masked.n_masked, 0) as integer) as n_masked,
    cast(coalesce(counted.n_several, 0) as integer) as n_several,
    cast(coalesce(on_limit.n_on_limit, 0) as integer) as n_on_limit,
    cast(coalesce(after_death.n_after_death, 0) as integer) as n_after_death
from patient
left join counted on patient.child_number = counted.child_number
left join masked on patient.child_number = masked.child_number
left join on_limit on patient.child_number = on_limit.child_number
left join after_death on patient.child_number = after_death.child_number;
