-- raw_patient: one row per child, as DM and SUPPDM say it.
-- Reads: source_dm, sdtm_reckoned_birth, sdtm_supplement, sdtm_word.
-- Key: (file, row_number).
-- Rule: consent is enrolment, else the start of reference; the end of participation is last contact,
-- else the end of reference. Of a time the day is taken.
create or replace view raw_patient as
with supplement as (
    select
        sdtm_supplement.usubjid,
        max(case when sdtm_supplement.meaning = 'ancestry' then sdtm_supplement.said end) as ancestry,
        max(case when sdtm_supplement.meaning = 'duffy_status' then sdtm_supplement.said end) as duffy_status,
        max(case when sdtm_supplement.meaning = 'gestational_weeks' then sdtm_supplement.said end) as weeks
    from sdtm_supplement
    where sdtm_supplement.rdomain = 'DM'
    group by sdtm_supplement.usubjid
),

cell as (
    select
        source_dm.file,
        source_dm.row_number,
        nullif(regexp_replace(source_dm.usubjid, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
        nullif(split_part(trim(source_dm.brthdtc), 'T', 1), '') as birth_date,
        nullif(trim(source_dm.sex), '') as sex,
        nullif(trim(source_dm.race), '') as race,
        hispanic.word as ethnic,
        nullif(split_part(trim(source_dm.rficdtc), 'T', 1), '') as consented_on,
        nullif(split_part(trim(source_dm.rfstdtc), 'T', 1), '') as started_on,
        nullif(split_part(trim(source_dm.rfpendtc), 'T', 1), '') as participated_to,
        nullif(split_part(trim(source_dm.rfendtc), 'T', 1), '') as ended_on,
        nullif(split_part(trim(source_dm.dthdtc), 'T', 1), '') as died_on,
        nullif(trim(source_dm.siteid), '') as site
    from source_dm
    left join sdtm_word as hispanic
        on hispanic.kind = 'hispanic' and upper(trim(source_dm.ethnic)) = hispanic.word
)

select
    cell.file,
    cell.row_number,
    cell.patient_id,
    coalesce(cell.birth_date, sdtm_reckoned_birth.birth_date) as birth_date,
    cell.sex,
    coalesce(supplement.ancestry, nullif(concat_ws(', ', cell.race, cell.ethnic), '')) as ancestry,
    supplement.duffy_status,
    supplement.weeks as gestational_weeks,
    coalesce(cell.consented_on, cell.started_on) as enrolled_on,
    coalesce(cell.participated_to, cell.ended_on) as last_contact_on,
    cell.died_on,
    cell.site
from cell
left join sdtm_reckoned_birth
    on cell.file = sdtm_reckoned_birth.file and cell.row_number = sdtm_reckoned_birth.row_number
left join supplement on cell.patient_id = supplement.usubjid;
