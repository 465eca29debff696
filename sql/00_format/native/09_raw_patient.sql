-- raw_patient: one row per child, as the registry said it.
-- Reads: source_patient.
-- Key: (file, row_number).
-- Rule: text as it was sent; white space around it does not count, empty is missing.
create or replace view raw_patient as
select
    source_patient.file,
    source_patient.row_number,
    nullif(regexp_replace(source_patient.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    nullif(trim(source_patient.birth_date), '') as birth_date,
    nullif(trim(source_patient.sex), '') as sex,
    nullif(trim(source_patient.ancestry), '') as ancestry,
    nullif(trim(source_patient.duffy_status), '') as duffy_status,
    nullif(trim(source_patient.gestational_weeks), '') as gestational_weeks,
    nullif(trim(source_patient.enrolled_on), '') as enrolled_on,
    nullif(trim(source_patient.last_contact_on), '') as last_contact_on,
    nullif(trim(source_patient.died_on), '') as died_on,
    nullif(trim(source_patient.site), '') as site
from source_patient;
