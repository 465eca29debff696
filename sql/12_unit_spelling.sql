-- unit_spelling: one row per spelling of a unit in the extract and kind of measure that has it.
-- Reads: raw_lab_result, unit_factor.
-- Key: (unit, kind).
-- Rule: upper and lower case, spaces, and the ways to write µ, × and ³ do not matter.
create or replace view unit_spelling as
with spelling as (
    select distinct raw_lab_result.unit
    from raw_lab_result
    where raw_lab_result.unit is not null
)

select
    spelling.unit,
    unit_factor.kind,
    unit_factor.multiply_by,
    unit_factor.divide_by
from spelling
inner join unit_factor
    on
        unit_factor.unit
        = replace(replace(replace(replace(replace(replace(
            lower(spelling.unit),
            ' ', ''
        ), 'μ', 'u'), 'µ', 'u'), '×', 'x'), '³', '3'), '⁹', '9');
