-- dense_count: one row per episode and unmasked count within weeks of frequent counts.
-- Reads: definition, episode, frequent_week, telling_count, unmasked_day.
-- Key: (patient_id, episode_number, sampled_on).
-- Rule: weeks of frequent counts are told from a count on, and each of them holds enough; only
-- there can a cycle be seen or denied. `dense_on` is the day on which they held enough. A count
-- that is normal is surely part of the episode only once an unresolved one has followed it.
create or replace view dense_count as
with dense_stretch as (
    select
        frequent_week.patient_id,
        frequent_week.episode_number,
        frequent_week.from_on,
        cast(frequent_week.from_on + interval 1 week * definition.cycle_weeks as date) as before_on,
        max(frequent_week.enough_on) as enough_on
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
    greatest(min(dense_stretch.enough_on), unmasked_day.sampled_on) as dense_on,
    coalesce(not bool_and(telling_count.is_normal), false) as is_unresolved
from dense_stretch
inner join episode
    on
        dense_stretch.patient_id = episode.patient_id
        and dense_stretch.episode_number = episode.episode_number
inner join unmasked_day
    on
        episode.child_number = unmasked_day.child_number
        and dense_stretch.from_on <= unmasked_day.sampled_on
        and dense_stretch.before_on > unmasked_day.sampled_on
        and coalesce(episode.resolution_by, episode.censored_on) >= unmasked_day.sampled_on
left join telling_count
    on
        unmasked_day.child_number = telling_count.child_number
        and unmasked_day.sampled_on = telling_count.sampled_on
group by
    dense_stretch.patient_id,
    dense_stretch.episode_number,
    unmasked_day.sampled_on,
    unmasked_day.anc;
