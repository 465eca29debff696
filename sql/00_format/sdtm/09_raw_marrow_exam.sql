-- raw_marrow_exam: one row per examination of the bone marrow, as MI and SUPPMI say it.
-- Reads: sdtm_marrow, sdtm_supplement, sdtm_meaning.
-- Key: (file, row_number).
-- Rule: a word that no list knows is handed over as it stands, with _ for spaces.
create or replace view raw_marrow_exam as
select
    sdtm_marrow.file,
    sdtm_marrow.row_number,
    sdtm_marrow.usubjid as patient_id,
    sdtm_marrow.examined_on,
    coalesce(meaning.means, replace(lower(sdtm_marrow.cellularity), ' ', '_')) as cellularity,
    coalesce(fewer.means, lower(sdtm_supplement.said)) as segmented_reduced
from sdtm_marrow
left join sdtm_supplement
    on
        sdtm_supplement.rdomain = 'MI'
        and sdtm_marrow.usubjid = sdtm_supplement.usubjid
        and sdtm_marrow.seq = sdtm_supplement.seq
        and sdtm_supplement.meaning = 'segmented_reduced'
left join sdtm_meaning as meaning on upper(sdtm_marrow.cellularity) = meaning.word
left join sdtm_meaning as fewer on upper(sdtm_supplement.said) = fewer.word
where sdtm_marrow.fate is null;
