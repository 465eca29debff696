-- daily_anc: one row per child and day with a count, masked or not.
-- Reads: day_of_counts, patient, child_limit, mask_window, definition.
-- Key: (patient_id, sampled_on).
-- Rule: neutropenic when below the entry limit for age, normal when at or above the exit limit;
-- where the limit is inclusive, a count exactly at it is neutropenic.
create or replace view daily_anc as
with masked_day as (
    select distinct
        day_of_counts.patient_id,
        day_of_counts.sampled_on
    from day_of_counts
    inner join mask_window
        on
            day_of_counts.patient_id = mask_window.patient_id
            and day_of_counts.sampled_on >= mask_window.from_on
            and day_of_counts.sampled_on <= mask_window.to_on
)

select
    day_of_counts.patient_id,
    day_of_counts.sampled_on,
    date_diff('day', patient.birth_date, day_of_counts.sampled_on) as age_days,
    day_of_counts.anc,
    child_limit.entry_limit,
    child_limit.exit_limit,
    day_of_counts.anc < child_limit.entry_limit
    or (definition.limit_is_inclusive and day_of_counts.anc = child_limit.entry_limit) as is_neutropenic,
    day_of_counts.anc > child_limit.exit_limit
    or (not definition.limit_is_inclusive and day_of_counts.anc = child_limit.exit_limit) as is_normal,
    masked_day.patient_id is not null as is_masked,
    day_of_counts.n_results
from day_of_counts
cross join definition
inner join patient on day_of_counts.patient_id = patient.patient_id
inner join child_limit
    on
        day_of_counts.patient_id = child_limit.patient_id
        and day_of_counts.sampled_on >= child_limit.from_on
        and (day_of_counts.sampled_on < child_limit.before_on or child_limit.before_on is null)
left join masked_day
    on
        day_of_counts.patient_id = masked_day.patient_id
        and day_of_counts.sampled_on = masked_day.sampled_on;
