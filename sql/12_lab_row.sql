-- lab_row: one row per laboratory result, typed, with the first reason to set it aside.
-- Reads: lab_cell, child, analyte_code, unit_spelling, definition, extract_info.
-- Key: (file, row_number).
-- Rule: reasons hold in the order in which they stand. Other lines of the differential are other
-- analytes; the sound ones are marked, because they may be what is left to make a count. They and the
-- rows without a reason are sound. What was sent as text stays in raw_lab_result. `lone_anc` is the
-- count that a row makes without others: a measured one, or granulocytes where they may stand for it.
create or replace view lab_row as
with meant as (
    select
        lab_cell.*,
        child.child_number,
        child.is_usable,
        child.birth_date,
        analyte_code.role,
        analyte_code.method_rank,
        analyte_code.whole,
        unit_spelling.kind as unit_kind,
        case
            when analyte_code.kind = 'percent' then definition.max_percent
            when analyte_code.kind = 'fraction' then 1
            when analyte_code.is_line or analyte_code.role = 'wbc' then definition.max_wbc
            else definition.max_anc
        end as largest_possible,
        definition.anc_decimals,
        coalesce(analyte_code.is_line, false) as is_line,
        coalesce(
            analyte_code.is_line
            or analyte_code.role in ('hemoglobin', 'platelets')
            or (analyte_code.role = 'granulocytes' and not definition.granulocytes_as_neutrophils),
            true
        ) as is_other_analyte,
        lab_cell.number * unit_spelling.multiply_by / unit_spelling.divide_by as amount,
        cast(lab_cell.sampled_time as date) as sampled_on
    from lab_cell
    cross join definition
    left join child on lab_cell.patient_id = child.patient_id
    left join analyte_code
        on lab_cell.code = analyte_code.code and lab_cell.code_system = analyte_code.code_system
    left join unit_spelling
        on lab_cell.unit = unit_spelling.unit and analyte_code.kind = unit_spelling.kind
),

judged as (
    select
        meant.*,
        case
            when meant.is_other_analyte and not meant.is_line then 'other_analyte'
            when meant.sampled_time is null then 'bad_date'
            when meant.sampled_on < meant.birth_date then 'before_birth'
            when meant.sampled_on > extract_info.extracted_on then 'after_extract'
            when not meant.has_value then 'missing_value'
            when meant.number is null then 'value_not_a_number'
            when meant.unit is null then 'missing_unit'
            when meant.unit_kind is null then 'unknown_unit'
            when meant.amount < 0 or meant.amount > meant.largest_possible then 'impossible_value'
        end as fault
    from meant
    cross join extract_info
)

select
    judged.file,
    judged.row_number,
    judged.child_number,
    judged.sampled_time,
    judged.sampled_on,
    judged.specimen_id,
    judged.role,
    judged.method_rank,
    judged.whole,
    judged.amount,
    judged.is_below_detection,
    case
        when not judged.is_usable or judged.is_other_analyte or judged.fault is not null then null
        when judged.role = 'anc' then judged.amount
        when judged.role = 'granulocytes' then round(judged.amount, judged.anc_decimals)
    end as lone_anc,
    coalesce(judged.is_line and judged.is_usable and judged.fault is null, false) as is_sound_line,
    coalesce(
        (judged.is_line or not judged.is_other_analyte) and judged.is_usable and judged.fault is null, false
    ) as is_sound,
    case
        when judged.is_usable is null then 'unknown_patient'
        when not judged.is_usable then 'unusable_patient'
        when judged.is_other_analyte then 'other_analyte'
        else judged.fault
    end as reason
from judged;
