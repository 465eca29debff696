-- count_below_duffy: one row per episode with an unresolved count below what Duffy-null children have.
-- Reads: definition, episode_window, telling_count.
-- Key: (patient_id, episode_number).
-- Rule: the first such count, from the onset to the last unresolved one.
create or replace view count_below_duffy as
select
    episode_window.patient_id,
    episode_window.episode_number,
    min(telling_count.sampled_on) as known_on
from episode_window
inner join telling_count on episode_window.child_number = telling_count.child_number
cross join definition
where
    telling_count.anc < definition.duffy_anc_at_least
    and not telling_count.is_normal
    and telling_count.sampled_on >= episode_window.onset_by
    and telling_count.sampled_on <= episode_window.last_unresolved_on
group by episode_window.patient_id, episode_window.episode_number;
