-- raw_antibody_test: one row per test for antibodies, as IS, APIS or LB say it.
-- Reads: sdtm_immune, sdtm_lab, sdtm_meaning.
-- Key: (file, row_number).
-- Rule: a result that no list knows is handed over as it stands.
create or replace view raw_antibody_test as
with test as (
    select
        sdtm_immune.file,
        sdtm_immune.row_number,
        sdtm_immune.usubjid,
        sdtm_immune.sampled_on,
        sdtm_immune.test,
        sdtm_immune.result,
        sdtm_immune.specificity,
        sdtm_immune.subject
    from sdtm_immune
    where sdtm_immune.fate is null
    union all
    select
        sdtm_lab.file,
        sdtm_lab.row_number,
        sdtm_lab.usubjid,
        split_part(sdtm_lab.sampled_at, 'T', 1),
        sdtm_lab.antibody_test,
        sdtm_lab.value,
        null,
        'patient'
    from sdtm_lab
    where sdtm_lab.fate is null and sdtm_lab.antibody_test is not null
)

select
    test.file,
    test.row_number,
    test.usubjid as patient_id,
    test.sampled_on,
    test.test,
    coalesce(sdtm_meaning.means, lower(test.result)) as result,
    test.specificity,
    test.subject
from test
left join sdtm_meaning on upper(test.result) = sdtm_meaning.word;
