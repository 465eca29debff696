-- long_silence: one row per episode with a long time between two of its counts.
-- Reads: episode, telling_count, definition.
-- Key: (patient_id, episode_number).
-- Rule: unmasked counts from the onset to the first of the resolving run are asked.
create or replace view long_silence as
select
    episode.patient_id,
    episode.episode_number,
    max(date_diff('day', telling_count.sampled_on, telling_count.next_on)) as silence_days
from episode
cross join definition
inner join telling_count
    on
        episode.child_number = telling_count.child_number
        and episode.onset_by <= telling_count.sampled_on
        and coalesce(episode.resolution_by, episode.censored_on) >= telling_count.next_on
        and date_diff('day', telling_count.sampled_on, telling_count.next_on) > definition.long_silence_days
group by episode.patient_id, episode.episode_number;
