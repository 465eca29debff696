-- raw_treatment: one row per course or dose of a drug, as CM and EX say it.
-- Reads: sdtm_intervention, sdtm_supplement, sdtm_drug.
-- Key: (file, row_number).
-- Rule: a code among the supplemental qualifiers goes before that of the class, and that before the
-- name; a drug with a local route is not looked up by its name.
create or replace view raw_treatment as
with coded as (
    select
        sdtm_intervention.*,
        coalesce(
            sdtm_supplement.said,
            sdtm_intervention.class,
            case when not sdtm_intervention.is_local then sdtm_drug.atc end
        ) as atc
    from sdtm_intervention
    left join sdtm_supplement
        on
            sdtm_intervention.rdomain = sdtm_supplement.rdomain
            and sdtm_intervention.usubjid = sdtm_supplement.usubjid
            and sdtm_intervention.seq = sdtm_supplement.seq
            and sdtm_supplement.meaning = 'code'
    left join sdtm_drug on lower(sdtm_intervention.drug) = sdtm_drug.name
    where sdtm_intervention.fate is null
)

select
    coded.file,
    coded.row_number,
    coded.usubjid as patient_id,
    coded.started_on,
    coalesce(coded.atc, coded.drug) as code,
    coded.ended_on,
    case when coded.atc is not null then 'ATC' else 'name' end as code_system
from coded;
