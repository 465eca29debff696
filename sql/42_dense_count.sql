-- dense_count: one row per episode and unmasked count within weeks of frequent counts.
-- Reads: unmasked_day, patient, definition, frequent_week.
-- Key: (patient_id, episode_number, sampled_on).
-- Rule: weeks of frequent counts are told from a count on, and each of them holds enough; only
-- there can a cycle be seen or denied. `dense_on` is the day on which they were over.
create or replace view dense_count as
with dense_stretch as (
    select
        frequent_week.patient_id,
        frequent_week.episode_number,
        frequent_week.from_on,
        max(frequent_week.last_on) as to_on
    from frequent_week
    cross join definition
    where frequent_week.n_counts >= definition.cycle_counts_per_week
    group by
        frequent_week.patient_id,
        frequent_week.episode_number,
        frequent_week.from_on,
        definition.cycle_weeks
    having count(*) = definition.cycle_weeks
)

select
    dense_stretch.patient_id,
    dense_stretch.episode_number,
    unmasked_day.sampled_on,
    unmasked_day.anc,
    min(dense_stretch.to_on) as dense_on
from dense_stretch
inner join patient on dense_stretch.patient_id = patient.patient_id
inner join unmasked_day
    on
        patient.child_number = unmasked_day.child_number
        and dense_stretch.from_on <= unmasked_day.sampled_on
        and dense_stretch.to_on >= unmasked_day.sampled_on
group by
    dense_stretch.patient_id,
    dense_stretch.episode_number,
    unmasked_day.sampled_on,
    unmasked_day.anc;
