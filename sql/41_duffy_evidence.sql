-- duffy_evidence: one row per episode of a child whose Duffy antigen was tested.
-- Reads: episode_window, patient.
-- Key: (patient_id, episode_number).
-- Rule: the antigen is inborn and the extract gives its test no date, so it is known from the onset
-- on (our choice).
create or replace view duffy_evidence as
select
    episode_window.patient_id,
    episode_window.episode_number,
    'duffy_' || patient.duffy_status as evidence,
    episode_window.onset_by as known_on,
    'Duffy-' || patient.duffy_status as detail,
    'patient' as table_name,
    cast(null as varchar) as file,
    cast(null as bigint) as row_number
from episode_window
inner join patient
    on episode_window.patient_id = patient.patient_id
where patient.duffy_status <> 'unknown';
