-- lab_row: one row per laboratory result, typed, with the first reason to set it aside.
-- Reads: raw_lab_result, child, analyte_code, unit_spelling, definition, extract_info.
-- Key: (file, row_number).
-- Rule: reasons hold in the order in which they stand; a value such as <0.1 stands for 0.1.
create or replace view lab_row as
with cell as (
    select
        raw_lab_result.*,
        case
            when regexp_matches(raw_lab_result.sampled_at, '^[0-9]{4}-')
                then try_cast(raw_lab_result.sampled_at as timestamp)
        end as sampled_time,
        starts_with(raw_lab_result.value, '<') as is_below_detection,
        replace(
            regexp_replace(raw_lab_result.value, '^<=? *', ''), extract_info.decimal_mark, '.'
        ) as number_text,
        strpos(raw_lab_result.value, '.') > 0 and extract_info.decimal_mark <> '.' as has_foreign_mark,
        extract_info.extracted_on
    from raw_lab_result
    cross join extract_info
),

typed as (
    select
        cell.*,
        case
            when
                not cell.has_foreign_mark
                and regexp_matches(
                    cell.number_text, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$'
                )
                then try_cast(cell.number_text as double)
        end as number
    from cell
),

meant as (
    select
        typed.*,
        child.is_usable,
        child.birth_date,
        analyte_code.role,
        analyte_code.method_rank,
        analyte_code.whole,
        unit_spelling.kind as unit_kind,
        case analyte_code.kind
            when 'count' then
                case analyte_code.role
                    when 'wbc' then definition.max_wbc
                    when 'platelets' then null
                    else definition.max_anc
                end
            when 'percent' then definition.max_percent
            when 'fraction' then 1
        end as largest_possible,
        coalesce(analyte_code.role in ('hemoglobin', 'platelets'), true) as is_other_analyte,
        typed.number * unit_spelling.multiply_by / unit_spelling.divide_by as amount
    from typed
    cross join definition
    left join child on typed.patient_id = child.patient_id
    left join analyte_code
        on
            typed.code = analyte_code.code
            and upper(typed.code_system) = analyte_code.code_system
    left join unit_spelling
        on typed.unit = unit_spelling.unit and analyte_code.kind = unit_spelling.kind
)

select
    meant.file,
    meant.row_number,
    meant.patient_id,
    meant.sampled_time,
    cast(meant.sampled_time as date) as sampled_on,
    meant.role,
    meant.method_rank,
    meant.whole,
    meant.amount,
    coalesce(meant.is_below_detection, false) as is_below_detection,
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
        when cast(meant.sampled_time as date) < meant.birth_date then 'before_birth'
        when cast(meant.sampled_time as date) > meant.extracted_on then 'after_extract'
        when meant.value is null then 'missing_value'
        when meant.number is null then 'value_not_a_number'
        when meant.unit is null then 'missing_unit'
        when meant.unit_kind is null then 'unknown_unit'
        when meant.amount < 0 or meant.amount > meant.largest_possible then 'impossible_value'
    end as reason
from meant;
