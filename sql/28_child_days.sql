-- child_days: one row per usable child, with the number of its days with a count, by kind.
-- Reads: patient, daily_anc.
-- Key: (patient_id).
-- Rule: a child without a count has 0 days.
create or replace view child_days as
select
    patient.patient_id,
    cast(count(daily_anc.sampled_on) as integer) as n_days,
    cast(count(case when daily_anc.is_masked then 1 end) as integer) as n_masked,
    cast(count(case when daily_anc.n_results > 1 then 1 end) as integer) as n_several,
    cast(
        count(case when daily_anc.anc in (daily_anc.entry_limit, daily_anc.exit_limit) then 1 end) as integer
    ) as n_on_limit,
    cast(count(case when daily_anc.sampled_on > patient.died_on then 1 end) as integer) as n_after_death
from patient
left join daily_anc on patient.child_number = daily_anc.child_number
group by patient.patient_id;
