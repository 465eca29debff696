-- optional_cell: one row per optional cell of a usable child that holds something, with whether it
-- could be read.
-- Reads: patient_fate, patient.
-- Key: (patient_id, column_name).
-- Rule: what could not be read counts as missing. Free text is always read.
create or replace view optional_cell as
with sent as (
    select patient_fate.*
    from patient_fate
    where patient_fate.fate = 'used'
)

select
    sent.patient_id,
    'duffy_status' as column_name,
    patient.duffy_status <> 'unknown' or lower(sent.duffy_status) = 'unknown' as is_read
from sent
inner join patient on sent.patient_id = patient.patient_id
where sent.duffy_status is not null
union all
select
    sent.patient_id,
    'gestational_weeks',
    patient.gestational_weeks is not null
from sent
inner join patient on sent.patient_id = patient.patient_id
where sent.gestational_weeks is not null
union all
select
    sent.patient_id,
    'enrolled_on',
    patient.enrolled_on is not null
from sent
inner join patient on sent.patient_id = patient.patient_id
where sent.enrolled_on is not null
union all
select
    sent.patient_id,
    'last_contact_on',
    patient.last_contact_on is not null
from sent
inner join patient on sent.patient_id = patient.patient_id
where sent.last_contact_on is not null
union all
select
    sent.patient_id,
    'died_on',
    patient.died_on is not null
from sent
inner join patient on sent.patient_id = patient.patient_id
where sent.died_on is not null;
