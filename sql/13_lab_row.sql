-- lab_row: one row per laboratory result, typed, with the first reason to set it aside.
-- Reads: lab_cell, child, analyte_code, unit_spelling, definition, extract_info.
-- Key: (file, row_number).
-- Rule: reasons hold in the order in which they stand.
create or replace view lab_row as
with meant as (
    select
        lab_cell.*,
        child.is_usable,
        child.birth_date,
        analyte_code.role,
        analyte_code.method_rank,
        analyte_code.whole,
        unit_spelling.kind as unit_kind,
        case
            when analyte_code.kind = 'percent' then definition.max_percent
            when analyte_code.kind = 'fraction' then 1
            when analyte_code.role = 'wbc' then definition.max_wbc
            else definition.max_anc
        end as largest_possible,
        coalesce(analyte_code.role in ('hemoglobin', 'platelets'), true) as is_other_analyte,
        lab_cell.number * unit_spelling.multiply_by / unit_spelling.divide_by as amount
    from lab_cell
    cross join definition
    left join child on lab_cell.patient_id = child.patient_id
    left join analyte_code
        on
            lab_cell.code = analyte_code.code
            and upper(lab_cell.code_system) = analyte_code.code_system
    left join unit_spelling
        on lab_cell.unit = unit_spelling.unit and analyte_code.kind = unit_spelling.kind
)

select
    meant.file,
    meant.row_number,
    meant.patient_id,
    meant.sampled_time,
    meant.sampled_on,
    meant.role,
    meant.method_rank,
    meant.whole,
    meant.amount,
    meant.is_below_detection,
    meant.sampled_at,
    meant.code,
    meant.value,
    meant.unit,
    meant.code_system,
    meant.specimen_id,
    meant.method,
    case
        when meant.is_usable is null then 'unknown_patient'
        when not meant.is_usable then 'unusable_patient'
        when meant.is_other_analyte then 'other_analyte'
        when meant.sampled_time is null then 'bad_date'
        when meant.sampled_on < meant.birth_date then 'before_birth'
        when meant.sampled_on > extract_info.extracted_on then 'after_extract'
        when meant.value is null then 'missing_value'
        when meant.number is null then 'value_not_a_number'
        when meant.unit is null then 'missing_unit'
        when meant.unit_kind is null then 'unknown_unit'
        when meant.amount < 0 or meant.amount > meant.largest_possible then 'impossible_value'
    end as reason
from meant
cross join extract_info;
