-- detection: one row per episode, with the neutropenic count by which the rule of onset was met.
-- Reads: episode, telling_count, definition.
-- Key: (patient_id, episode_number).
-- Rule: from the onset on, the first count that is far enough in number and in days.
create or replace view detection as
with numbered as (
    select
        episode.patient_id,
        episode.episode_number,
        episode.onset_by,
        telling_count.sampled_on,
        row_number() over (
            partition by episode.patient_id, episode.episode_number
            order by telling_count.sampled_on
        ) as ordinal
    from episode
    inner join telling_count
        on
            episode.child_number = telling_count.child_number
            and episode.onset_by <= telling_count.sampled_on
            and coalesce(episode.resolution_after, episode.censored_on) >= telling_count.sampled_on
    where telling_count.is_neutropenic
)

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
