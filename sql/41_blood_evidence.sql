-- blood_evidence: one row per episode and finding on the other blood cells or the Duffy antigen.
-- Reads: cell_count, telling_count, definition, episode_window, patient.
-- Key: none.
-- Rule: a hemoglobin or platelet count below its limit, near the episode, is a second cytopenia.
-- The Duffy antigen is inborn and the extract gives it no date, so it is known from the onset on
-- (our choice); the first unmasked unresolved count below what Duffy-null children have speaks
-- against it: such a count tells, or the onset itself is one.
create or replace view blood_evidence as
with low_for_duffy as (
    select
        episode_window.patient_id,
        episode_window.episode_number,
        min(telling_count.sampled_on) as known_on
    from episode_window
    inner join telling_count
        on episode_window.child_number = telling_count.child_number
    cross join definition
    where
        telling_count.anc < definition.duffy_anc_at_least
        and telling_count.sampled_on >= episode_window.onset_by
        and telling_count.sampled_on <= episode_window.last_unresolved_on
    group by episode_window.patient_id, episode_window.episode_number
)

select
    episode_window.patient_id,
    episode_window.episode_number,
    'second_cytopenia' as evidence,
    cell_count.sampled_on as known_on,
    cell_count.role as detail,
    'lab_result' as table_name,
    cell_count.file,
    cell_count.row_number
from episode_window
inner join cell_count
    on
        episode_window.patient_id = cell_count.patient_id
        and episode_window.cytopenia_from <= cell_count.sampled_on
        and episode_window.cytopenia_to >= cell_count.sampled_on
cross join definition
where
    (cell_count.role = 'hemoglobin' and cell_count.value < definition.hemoglobin_below)
    or (cell_count.role = 'platelets' and cell_count.value < definition.platelets_below)
union all
select
    episode_window.patient_id,
    episode_window.episode_number,
    'duffy_null' as evidence,
    episode_window.onset_by as known_on,
    'Duffy-null' as detail,
    'patient' as table_name,
    cast(null as varchar) as file,
    cast(null as bigint) as row_number
from episode_window
inner join patient
    on episode_window.patient_id = patient.patient_id
where patient.duffy_status = 'null'
union all
select
    low_for_duffy.patient_id,
    low_for_duffy.episode_number,
    'count_below_duffy' as evidence,
    low_for_duffy.known_on,
    'neutrophil count' as detail,
    'lab_result' as table_name,
    cast(null as varchar) as file,
    cast(null as bigint) as row_number
from low_for_duffy;
