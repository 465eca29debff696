-- raw_diagnosis: one row per recorded diagnosis, as AE and MH say it.
-- Reads: sdtm_event, sdtm_supplement, sdtm_term.
-- Key: (file, row_number).
-- Rule: a code among the supplemental qualifiers goes before the preferred term, which the shipped
-- list may give a code; a term without one is handed over as it stands.
create or replace view raw_diagnosis as
select
    sdtm_event.file,
    sdtm_event.row_number,
    sdtm_event.usubjid as patient_id,
    nullif(sdtm_event.recorded_on, '') as recorded_on,
    coalesce(sdtm_supplement.said, sdtm_term.icd10, sdtm_event.term) as code,
    case
        when sdtm_supplement.said is not null then sdtm_supplement.code_system
        when sdtm_term.icd10 is not null then 'ICD-10'
        else 'MedDRA'
    end as code_system
from sdtm_event
left join sdtm_supplement
    on
        sdtm_event.rdomain = sdtm_supplement.rdomain
        and sdtm_event.usubjid = sdtm_supplement.usubjid
        and sdtm_event.seq = sdtm_supplement.seq
        and sdtm_supplement.meaning = 'code'
left join sdtm_term on lower(sdtm_event.term) = sdtm_term.term
where sdtm_event.fate is null;
