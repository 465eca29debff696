-- raw_treatment: one row per exposure to a drug.
-- Reads: source_drug_exposure, omop_concept, omop_drug_ancestor.
-- Key: (file, row_number).
-- Rule: an ATC code comes from the source's concept, else from the vocabulary above the standard one,
-- else from the source's text by its shape; without one the standard code stands in its own system.
create or replace view raw_treatment as
with coded as (
    select
        source_drug_exposure.*,
        coalesce(
            case when sent.code_system = 'ATC' then sent.code end,
            case when standard.code_system = 'ATC' then standard.code end,
            omop_drug_ancestor.code,
            regexp_extract(
                upper(trim(source_drug_exposure.drug_source_value)),
                '^[A-Z][0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?$'
            )
        ) as atc_code,
        standard.code as standard_code,
        standard.code_system as standard_system,
        nullif(trim(source_drug_exposure.drug_source_value), '') as said_code
    from source_drug_exposure
    left join omop_concept as sent
        on trim(source_drug_exposure.drug_source_concept_id) = sent.concept_id
    left join omop_concept as standard
        on trim(source_drug_exposure.drug_concept_id) = standard.concept_id
    left join omop_drug_ancestor
        on trim(source_drug_exposure.drug_concept_id) = omop_drug_ancestor.concept_id
)

select
    coded.file,
    coded.row_number,
    nullif(trim(coded.person_id), '') as patient_id,
    nullif(trim(coded.drug_exposure_start_date), '') as started_on,
    coalesce(nullif(coded.atc_code, ''), coded.standard_code, coded.said_code) as code,
    nullif(trim(coded.drug_exposure_end_date), '') as ended_on,
    case
        when nullif(coded.atc_code, '') is not null then 'ATC'
        else coalesce(coded.standard_system, 'local')
    end as code_system
from coded;
