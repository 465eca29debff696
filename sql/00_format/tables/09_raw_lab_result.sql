-- raw_lab_result: one row per result of a laboratory, from long tables and from cells of wide ones.
-- Reads: source_lab_result, source_wide_cell, wide_column, local_code.
-- Key: (file, row_number).
-- Rule: text as it was sent; white space around it does not count, empty is missing. An empty cell
-- of a wide table is no result. A code of which the sender told the meaning is looked up there,
-- whatever system it is said to come from.
create or replace view raw_lab_result as
with result as (
    select
        source_lab_result.file,
        source_lab_result.row_number,
        source_lab_result.patient_id,
        source_lab_result.sampled_at,
        source_lab_result.code,
        source_lab_result.value,
        source_lab_result.unit,
        source_lab_result.code_system,
        source_lab_result.specimen_id,
        source_lab_result.method
    from source_lab_result
    union all
    select
        source_wide_cell.file || ', column ' || source_wide_cell.column_name as file,
        source_wide_cell.row_number,
        source_wide_cell.patient_id,
        source_wide_cell.sampled_at,
        wide_column.code,
        source_wide_cell.value,
        coalesce(nullif(trim(source_wide_cell.unit), ''), wide_column.unit) as unit,
        wide_column.code_system,
        source_wide_cell.specimen_id,
        coalesce(nullif(trim(source_wide_cell.method), ''), wide_column.method) as method
    from source_wide_cell
    inner join wide_column
        on
            source_wide_cell.mapping = wide_column.mapping
            and source_wide_cell.column_name = wide_column.column_name
    where trim(source_wide_cell.value) <> ''
)

select
    result.file,
    result.row_number,
    nullif(regexp_replace(result.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    nullif(trim(result.sampled_at), '') as sampled_at,
    nullif(trim(result.code), '') as code,
    nullif(trim(result.value), '') as value,
    nullif(trim(result.unit), '') as unit,
    case
        when local_code.code is not null then 'LOINC'
        else coalesce(nullif(trim(result.code_system), ''), 'LOINC')
    end as code_system,
    nullif(trim(result.specimen_id), '') as specimen_id,
    nullif(trim(result.method), '') as method
from result
left join local_code on trim(result.code) = local_code.code;
