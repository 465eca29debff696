-- unit_spelling: one row per spelling of a unit in the extract and kind of measure that has it.
-- Reads: raw_lab_result, local_unit, unit_factor.
-- Key: (unit, kind).
-- Rule: case, spaces, brackets, full-width, raised and Cyrillic characters, the name of the cell, and
-- the ways to write µL, a power of ten and "per" do not matter. What is left is looked up, not guessed;
-- a local unit stands for what its sender says.
create or replace view unit_spelling as
with spelling as (
    select distinct
        raw_lab_result.unit,
        coalesce(local_unit.means, raw_lab_result.unit) as meant
    from raw_lab_result
    left join local_unit on raw_lab_result.unit = local_unit.unit
    where raw_lab_result.unit is not null
),

plain as (
    select
        spelling.unit,
        regexp_replace(
            translate(
                lower(spelling.meant),
                'μµ×⁰¹²³⁴⁵⁶⁷⁸⁹０１２３４５６７８９ａｃｅｇｋｌｍｎｕｘ／％＊＾ˆ⁻−ℓéśтысмклгдрн',
                'uux01234567890123456789acegklmnux/%*^^--lestysmklgdrn'
            ),
            '[\s(){}\[\]_#.,·⋅]', '', 'g'
        ) as letters
    from spelling
),

without_cell as (
    select
        plain.unit,
        regexp_replace(
            plain.letters,
            'cellules|celulas|cells?|zellen|wbcs?|leukocytes|neutrophils|total|个|個', '', 'g'
        ) as letters
    from plain
),

in_litres as (
    select
        without_cell.unit,
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    without_cell.letters,
                    '(mcl|mkl|mikrol|microl|cmm|cumm|cubicmm|cubicmillimet(er|re)s?|mm[*^]*3|㎕|㎣)', 'ul'
                ),
                'lit(er|re|ro)s?', 'l'
            ),
            '(^|[^a-z])per([munk]?l)$', '\1/\2'
        ) as letters
    from without_cell
),

divided as (
    select
        in_litres.unit,
        regexp_replace(
            regexp_replace(in_litres.letters, 'mm[*^]*-3$', '/ul'), '([mun]?l)[*^]*-1$', '/\1'
        ) as letters
    from in_litres
),

powered as (
    select
        divided.unit,
        regexp_replace(
            regexp_replace(regexp_replace(divided.letters, '^[x*]?1000/', '10*3/'), '^1/', '/'),
            '^[x*]?(10([*][*]|[*]|[\^]|exp|e[+]?)?|1?e[+]?)0?(3|6|9|12)/', '10*\3/'
        ) as letters
    from divided
)

select
    powered.unit,
    unit_factor.kind,
    unit_factor.multiply_by,
    unit_factor.divide_by
from powered
inner join unit_factor on powered.letters = unit_factor.unit;
