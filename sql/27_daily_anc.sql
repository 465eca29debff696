-- daily_anc: one row per child and day with a count, masked or not.
-- Reads: day_of_counts, child_limit, masked_day.
-- Key: (patient_id, sampled_on).
-- Rule: a count is held against the band of the child's age on its day.
create or replace view daily_anc as
select
    child_limit.patient_id,
    child_limit.child_number,
    day_of_counts.sampled_on,
    date_diff('day', child_limit.birth_date, day_of_counts.sampled_on) as age_days,
    day_of_counts.anc,
    child_limit.entry_limit,
    child_limit.exit_limit,
    day_of_counts.anc <= child_limit.neutropenic_to as is_neutropenic,
    day_of_counts.anc >= child_limit.normal_from as is_normal,
    masked_day.child_number is not null as is_masked,
    day_of_counts.n_results
from day_of_counts
inner join child_limit
    on
        day_of_counts.child_number = child_limit.child_number
        and day_of_counts.sampled_on >= child_limit.from_on
        and (day_of_counts.sampled_on < child_limit.before_on or child_limit.before_on is null)
left join masked_day
    on
        day_of_counts.child_number = masked_day.child_number
        and day_of_counts.sampled_on = masked_day.sampled_on;
