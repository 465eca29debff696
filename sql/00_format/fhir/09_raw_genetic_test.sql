-- raw_genetic_test: one row per Observation of a gene.
-- Reads: fhir_result, fhir_panel, fhir_answer.
-- Key: (file, row_number).
-- Rule: the gene is that of the component, else of the value; the result likewise.
create or replace view raw_genetic_test as
select
    fhir_result.file,
    fhir_result.row_number,
    nullif(fhir_result.patient_id, '') as patient_id,
    nullif(fhir_result.sampled_at, '') as tested_on,
    coalesce(
        fhir_panel.gene,
        case
            when fhir_result.kind = 'gene'
                then coalesce(
                    from_json(
                        fhir_result.value_concept, '{"coding": [{"display": "VARCHAR"}]}'
                    ).coding[1].display,
                    from_json(fhir_result.value_concept, '{"text": "VARCHAR"}').text,
                    fhir_result.value
                )
        end
    ) as gene,
    fhir_answer.answer as result
from fhir_result
left join fhir_panel
    on fhir_result.file = fhir_panel.file and fhir_result.row_number = fhir_panel.row_number
left join fhir_answer
    on fhir_result.file = fhir_answer.file and fhir_result.row_number = fhir_answer.row_number
where fhir_result.kind in ('gene', 'variant') and fhir_result.fate is null;
