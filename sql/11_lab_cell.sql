-- lab_cell: one row per laboratory result, its time and its number read from their cells.
-- Reads: raw_lab_result, extract_info.
-- Key: (file, row_number).
-- Rule: a value such as <0.1 stands for 0.1. What is not written as a number in the sender's
-- decimal mark is none: no comma is turned into a point, no word into a value, by a guess.
create or replace view lab_cell as
with cell as (
    select
        raw_lab_result.file,
        raw_lab_result.row_number,
        raw_lab_result.patient_id,
        raw_lab_result.code,
        raw_lab_result.code_system,
        raw_lab_result.unit,
        raw_lab_result.value,
        raw_lab_result.specimen_id,
        case
            when regexp_matches(raw_lab_result.sampled_at, '^[1-9][0-9]{3}-[^(]*$')
                then try_cast(raw_lab_result.sampled_at as timestamp)
        end as sampled_time,
        starts_with(raw_lab_result.value, '<') as is_below_detection,
        extract_info.decimal_mark <> '.'
        and strpos(raw_lab_result.value, '.') > 0 as has_foreign_mark,
        case
            when starts_with(raw_lab_result.value, '<') or extract_info.decimal_mark <> '.'
                then replace(
                    regexp_replace(raw_lab_result.value, '^<=? *', ''), extract_info.decimal_mark, '.'
                )
            else raw_lab_result.value
        end as number_text
    from raw_lab_result
    cross join extract_info
)

select
    cell.file,
    cell.row_number,
    cell.patient_id,
    cell.code,
    upper(cell.code_system) as code_system,
    cell.unit,
    cell.specimen_id,
    cell.value is not null as has_value,
    cell.sampled_time,
    coalesce(cell.is_below_detection, false) as is_below_detection,
    case
        when
            not cell.has_foreign_mark
            and regexp_matches(cell.number_text, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$')
            then try_cast(cell.number_text as double)
    end as number
from cell;
