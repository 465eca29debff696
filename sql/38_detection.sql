-- detection: one row per episode, with the neutropenic count by which the rule of onset was met.
-- Reads: episode, telling_count, definition.
-- Key: (patient_id, episode_number).
-- Rule: from the onset on, the first count that is far enough in number and in days; where one count
-- is enough, that is the onset itself.
create or replace view detection as
with awaited as (
    select
        episode.patient_id,
        episode.child_number,
        episode.episode_number,
        episode.onset_by,
        coalesce(episode.resolution_after, episode.censored_on) as last_unresolved_on
    from episode
    cross join definition
    where definition.onset_counts > 1 or definition.onset_days > 0
),

numbered as (
    select
        awaited.patient_id,
        awaited.episode_number,
        awaited.onset_by,
        telling_count.sampled_on,
        row_number() over (
            partition by awaited.patient_id, awaited.episode_number
            order by telling_count.sampled_on
        ) as ordinal
    from awaited
    inner join telling_count
        on
            awaited.child_number = telling_count.child_number
            and awaited.onset_by <= telling_count.sampled_on
            and awaited.last_unresolved_on >= telling_count.sampled_on
    where telling_count.is_neutropenic
)

select
    episode.patient_id,
    episode.episode_number,
    episode.onset_by as detected_on
from episode
cross join definition
where definition.onset_counts <= 1 and definition.onset_days <= 0
union all
select
    numbered.patient_id,
    numbered.episode_number,
    min(numbered.sampled_on) as detected_on
from numbered
cross join definition
where
    numbered.ordinal >= definition.onset_counts
    and date_diff('day', numbered.onset_by, numbered.sampled_on) >= definition.onset_days
group by numbered.patient_id, numbered.episode_number;
