-- raw_marrow_exam: one row per Observation of the bone marrow's cellularity.
-- Reads: fhir_result, fhir_panel, fhir_answer.
-- Key: (file, row_number).
-- Rule: whether segmented cells are fewer is said by a component.
create or replace view raw_marrow_exam as
select
    fhir_result.file,
    fhir_result.row_number,
    nullif(fhir_result.patient_id, '') as patient_id,
    nullif(fhir_result.sampled_at, '') as examined_on,
    fhir_answer.answer as cellularity,
    case lower(fhir_panel.segments)
        when 'true' then 'yes' when 'false' then 'no' else fhir_panel.segments
    end
        as segmented_reduced
from fhir_result
left join fhir_panel
    on fhir_result.file = fhir_panel.file and fhir_result.row_number = fhir_panel.row_number
left join fhir_answer
    on fhir_result.file = fhir_answer.file and fhir_result.row_number = fhir_answer.row_number
where fhir_result.kind = 'marrow' and fhir_result.fate is null;
