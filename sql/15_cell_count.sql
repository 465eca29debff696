-- cell_count: one row per sound count of another blood cell line, beside the neutrophils.
-- Reads: raw_lab_result, child, analyte_code, unit_spelling, extract_info.
-- Key: (file, row_number).
-- Rule: haemoglobin and platelets with a value, a unit and a day; others are left out without a
-- word, because the fate of such a row is other_analyte.
create or replace view cell_count as
with typed as (
    select
        raw_lab_result.patient_id,
        case
            when regexp_matches(raw_lab_result.sampled_at, '^[1-9][0-9]{3}-[^(]*$')
                then cast(try_cast(raw_lab_result.sampled_at as timestamp) as date)
        end as sampled_on,
        analyte_code.role,
        try_cast(replace(raw_lab_result.value, extract_info.decimal_mark, '.') as double)
        * unit_spelling.multiply_by
        / unit_spelling.divide_by as amount,
        raw_lab_result.file,
        raw_lab_result.row_number,
        extract_info.extracted_on
    from raw_lab_result
    cross join extract_info
    inner join analyte_code
        on
            raw_lab_result.code = analyte_code.code
            and upper(raw_lab_result.code_system) = analyte_code.code_system
            and analyte_code.role in ('hemoglobin', 'platelets')
    inner join unit_spelling
        on raw_lab_result.unit = unit_spelling.unit and analyte_code.kind = unit_spelling.kind
)

select
    typed.patient_id,
    typed.sampled_on,
    typed.role,
    typed.amount as value,
    typed.file,
    typed.row_number
from typed
inner join child on typed.patient_id = child.patient_id and child.is_usable
where
    typed.amount >= 0
    and not isnan(typed.amount)
    and not isinf(typed.amount)
    and typed.sampled_on >= child.birth_date
    and typed.sampled_on <= typed.extracted_on;
