-- course_evidence: one row per episode whose course is known, chronic or transient.
-- Reads: definition, telling_count, episode, episode_window.
-- Key: (patient_id, episode_number).
-- Rule: a chronic course is known on the first count later than the chronic limit that is not
-- normal, or that begins a normal run: whatever follows it, the episode has lasted longer. A
-- transient course is known once its end is confirmed. An end that nobody confirmed may still be
-- contradicted, so on no day is it known that the course was transient.
create or replace view course_evidence as
with late_count as (
    select
        episode_window.patient_id,
        episode_window.episode_number,
        min(
            case
                when telling_count.sampled_on > episode_window.chronic_after then telling_count.sampled_on
                else telling_count.next_on
            end
        ) as first_on
    from episode_window
    cross join definition
    inner join telling_count
        on episode_window.child_number = telling_count.child_number
    where
        not telling_count.is_normal
        and telling_count.sampled_on >= episode_window.onset_by
        and telling_count.sampled_on <= episode_window.last_unresolved_on
        and (
            telling_count.sampled_on > episode_window.chronic_after
            or (
                telling_count.next_on > episode_window.chronic_after
                and not telling_count.is_last
                and definition.unconfirmed_end = 'resolve'
            )
        )
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
        when episode.course = 'chronic' then coalesce(late_count.first_on, episode.confirmed_on)
        else episode.confirmed_on
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
where
    episode.course = 'chronic'
    or (episode.course = 'transient' and episode.confirmed_on is not null);
