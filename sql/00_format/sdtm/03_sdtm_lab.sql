-- sdtm_lab: one row per laboratory test, with its code.
-- Reads: sdtm_lab_cell, sdtm_local, sdtm_share, sdtm_test, antibody_method.
-- Key: (file, row_number).
-- Rule: a local code of the sender goes before LBLOINC, and that before LBTESTCD, whose LOINC code
-- depends on its unit and method. What was not measured in blood keeps its own code, with the
-- specimen beside it. A test for antibodies is one by its LOINC code or its full name.
create or replace view sdtm_lab as
select
    sdtm_lab_cell.file,
    sdtm_lab_cell.row_number,
    sdtm_lab_cell.usubjid,
    sdtm_lab_cell.sampled_at,
    sdtm_lab_cell.value,
    sdtm_lab_cell.unit,
    sdtm_lab_cell.specimen_id,
    sdtm_lab_cell.method,
    case
        when not sdtm_lab_cell.is_blood then sdtm_lab_cell.lbtestcd
        when sdtm_local.code is not null then sdtm_local.code
        else coalesce(sdtm_lab_cell.lbloinc, sdtm_test.loinc, sdtm_lab_cell.lbtestcd)
    end as code,
    case
        when not sdtm_lab_cell.is_blood then 'LBTESTCD in ' || sdtm_lab_cell.specimen
        when coalesce(sdtm_local.code, sdtm_lab_cell.lbloinc, sdtm_test.loinc) is not null then 'LOINC'
        else 'LBTESTCD'
    end as code_system,
    coalesce(by_code.test_key, by_name.test_key) as antibody_test,
    case
        when sdtm_lab_cell.domain <> 'LB' then 'not_of_use'
    end as fate
from sdtm_lab_cell
left join sdtm_local on sdtm_lab_cell.lbtestcd = sdtm_local.code
left join sdtm_share on lower(sdtm_lab_cell.unit) = sdtm_share.unit
left join sdtm_test
    on
        upper(sdtm_lab_cell.lbtestcd) = sdtm_test.lbtestcd
        and coalesce(sdtm_share.unit_kind, '') = sdtm_test.unit_kind
        and sdtm_lab_cell.kind_of_method = sdtm_test.method
left join antibody_method as by_code
    on regexp_replace(lower(sdtm_lab_cell.lbloinc), '[^a-z0-9]', '', 'g') = by_code.test_key
left join antibody_method as by_name
    on regexp_replace(lower(sdtm_lab_cell.lbtest), '[^a-z0-9]', '', 'g') = by_name.test_key;
