-- fhir_concept: one row per different CodeableConcept, with the one code that stands for it.
-- Reads: fhir_coding, fhir_system, analyte_code, fhir_local_code, fhir_antibody_code,
-- antibody_method, fhir_code.
-- Key: (concept).
-- Rule: a coding that the code lists know stands before all others, then the systems by their rank,
-- then the order as written; the text is the last. Flow cytometry alone is no antibody test.
create or replace view fhir_concept as
with meant as (
    select
        fhir_coding.*,
        fhir_system.rank,
        coalesce(fhir_system.code_system, fhir_coding.url) as code_system,
        case
            when analyte_code.code is not null then 'lab'
            when fhir_antibody_code.code is not null or antibody_method.method is not null then 'antibody'
            else fhir_code.meaning
        end as kind
    from fhir_coding
    left join fhir_system on fhir_coding.url = fhir_system.url
    left join fhir_local_code as local_code on fhir_coding.code = local_code.code
    left join (select distinct analyte_code.code from analyte_code) as analyte_code
        on
            fhir_coding.code = analyte_code.code
            and (fhir_system.code_system = 'LOINC' or local_code.code is not null)
    left join fhir_antibody_code
        on fhir_coding.code = fhir_antibody_code.code and fhir_system.code_system = 'LOINC'
    left join antibody_method
        on
            regexp_replace(lower(fhir_coding.code), '[^a-z0-9]', '', 'g') = antibody_method.test_key
            and fhir_system.code_system is null
            and (
                antibody_method.method in ('GIFT', 'GAT', 'MAIGA')
                or contains(antibody_method.test_key, 'antibody')
            )
    left join fhir_code
        on
            fhir_coding.code = fhir_code.code
            and fhir_code.use = 'observation'
            and coalesce(fhir_system.code_system, 'LOINC') = 'LOINC'
),

ranked as (
    select
        meant.*,
        row_number() over (
            partition by meant.concept
            order by meant.kind is null, meant.rank nulls last, meant.ordinal nulls last, meant.code
        ) as place
    from meant
    where meant.code is not null
)

select
    ranked.concept,
    ranked.code,
    case when ranked.kind = 'lab' then 'LOINC' else coalesce(ranked.code_system, 'unknown') end
        as code_system,
    coalesce(ranked.kind, 'lab') as kind
from ranked
where ranked.place = 1;
