-- episode: one row per neutropenia episode of a child.
-- Reads: episode_span, nadir, confirmation, patient, definition.
-- Key: (patient_id, episode_number).
-- Rule: chronic when it lasted longer than so many calendar months from onset, transient when it
-- resolved earlier, undetermined when it was censored earlier. An open episode is censored by a
-- silence where counts follow it, else by death where one is known, else with the data.
create or replace view episode as
with judged as (
    select
        episode_span.*,
        patient.patient_id,
        patient.birth_date,
        patient.died_on,
        nadir.nadir,
        nadir.nadir_on,
        episode_span.resolution_by is not null as is_resolved,
        coalesce(confirmation.confirmed_on, episode_span.enough_on) as confirmed_on,
        coalesce(episode_span.resolution_by, episode_span.last_unresolved_on)
        > cast(episode_span.onset_by + interval 1 month * definition.chronic_months as date) as is_chronic,
        definition.severe_below,
        definition.moderate_below
    from episode_span
    cross join definition
    inner join patient on episode_span.child_number = patient.child_number
    inner join nadir
        on
            episode_span.child_number = nadir.child_number
            and episode_span.stretch_number = nadir.stretch_number
    left join confirmation
        on
            episode_span.child_number = confirmation.child_number
            and episode_span.stretch_number = confirmation.stretch_number
)

select
    judged.patient_id,
    judged.child_number,
    cast(row_number() over (
        partition by judged.child_number
        order by judged.onset_by
    ) as integer) as episode_number,
    judged.onset_after,
    judged.onset_by,
    case when judged.is_resolved then judged.last_unresolved_on end as resolution_after,
    judged.resolution_by,
    judged.confirmed_on,
    case
        when judged.confirmed_on is not null then 'confirmed'
        when judged.is_resolved then 'uncontradicted'
        else 'open'
    end as end_kind,
    judged.is_resolved,
    case when not judged.is_resolved then judged.last_unresolved_on end as censored_on,
    case
        when judged.is_resolved then null
        when judged.is_before_silence then 'silence'
        when judged.died_on is not null then 'death'
        else 'end_of_data'
    end as censoring_reason,
    judged.last_observed_on,
    judged.nadir,
    judged.nadir_on,
    case
        when judged.nadir < judged.severe_below then 'severe'
        when judged.nadir < judged.moderate_below then 'moderate'
        else 'mild'
    end as severity,
    case
        when judged.is_chronic then 'chronic'
        when judged.is_resolved then 'transient'
        else 'undetermined'
    end as course,
    cast(judged.n_unresolved + case when judged.is_resolved then 1 else 0 end as integer) as n_counts,
    cast(judged.n_neutropenic as integer) as n_neutropenic,
    cast(date_diff('day', judged.birth_date, judged.onset_by) as integer) as age_at_onset_days
from judged;
