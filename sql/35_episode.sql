-- episode: one row per neutropenia episode of a child.
-- Reads: episode_span, patient, definition.
-- Key: (patient_id, episode_number).
-- Rule: chronic when it lasted longer than so many calendar months from onset, transient when it
-- resolved earlier, undetermined when it was censored earlier.
create or replace view episode as
with judged as (
    select
        episode_span.*,
        episode_span.end_kind <> 'open' as is_resolved,
        coalesce(episode_span.resolution_by, episode_span.last_unresolved_on)
        > cast(episode_span.onset_by + interval 1 month * definition.chronic_months as date) as is_chronic,
        case
            when episode_span.nadir < definition.severe_below then 'severe'
            when episode_span.nadir < definition.moderate_below then 'moderate'
            else 'mild'
        end as severity
    from episode_span
    cross join definition
)

select
    judged.patient_id,
    cast(row_number() over (
        partition by judged.patient_id
        order by judged.onset_by
    ) as integer) as episode_number,
    judged.onset_after,
    judged.onset_by,
    case when judged.is_resolved then judged.last_unresolved_on end as resolution_after,
    judged.resolution_by,
    judged.confirmed_on,
    judged.end_kind,
    judged.is_resolved,
    case when not judged.is_resolved then judged.last_unresolved_on end as censored_on,
    case when not judged.is_resolved then judged.ending_reason end as censoring_reason,
    judged.last_observed_on,
    judged.nadir,
    judged.nadir_on,
    judged.severity,
    case
        when judged.is_chronic then 'chronic'
        when judged.is_resolved then 'transient'
        else 'undetermined'
    end as course,
    judged.n_counts,
    judged.n_neutropenic,
    cast(date_diff('day', patient.birth_date, judged.onset_by) as integer) as age_at_onset_days
from judged
inner join patient on judged.patient_id = patient.patient_id;
