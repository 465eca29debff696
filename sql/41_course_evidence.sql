-- course_evidence: one row per episode whose course is known, chronic or transient.
-- Reads: telling_count, episode, episode_window.
-- Key: (patient_id, episode_number).
-- Rule: a chronic course is known on the first unmasked count later than the chronic limit that
-- is not normal, or else on the first count of the resolving run: whatever follows it, the
-- episode has lasted longer. A transient course is known once the resolution is confirmed, or on
-- the last count where nobody confirmed it. So neither is known before it happened.
create or replace view course_evidence as
with late_count as (
    select
        episode_window.patient_id,
        episode_window.episode_number,
        min(telling_count.sampled_on) as first_on
    from episode_window
    inner join telling_count
        on episode_window.child_number = telling_count.child_number
    where
        not telling_count.is_normal
        and telling_count.sampled_on > episode_window.chronic_after
        and telling_count.sampled_on <= episode_window.last_unresolved_on
    group by episode_window.patient_id, episode_window.episode_number
)

select
    episode.patient_id,
    episode.episode_number,
    case
        when episode.course = 'chronic' then 'chronic_course'
        else 'transient_course'
    end as evidence,
    case
        when episode.course = 'chronic'
            then coalesce(late_count.first_on, episode.resolution_by, episode.censored_on)
        else coalesce(episode.confirmed_on, episode.last_observed_on)
    end as known_on,
    episode.course || ', ' || episode.end_kind as detail,
    'lab_result' as table_name,
    cast(null as varchar) as file,
    cast(null as bigint) as row_number
from episode
left join late_count
    on
        episode.patient_id = late_count.patient_id
        and episode.episode_number = late_count.episode_number
where episode.course in ('chronic', 'transient');
