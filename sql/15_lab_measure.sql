-- lab_measure: one row per sound laboratory result of a crowded day that may make a neutrophil
-- count, duplicates marked.
-- Reads: crowded_row.
-- Key: (file, row_number).
-- Rule: other lines of the differential are taken only from specimens with white cells, all four
-- lines and no measure of neutrophils. A row that equals an earlier one in every column is a
-- duplicate.
create or replace view lab_measure as
with full_differential as (
    select
        crowded_row.child_number,
        crowded_row.specimen_key
    from crowded_row
    where crowded_row.is_sound_line
    group by crowded_row.child_number, crowded_row.specimen_key
    having
        bool_or(crowded_row.role = 'lymphocytes') and bool_or(crowded_row.role = 'monocytes')
        and bool_or(crowded_row.role = 'eosinophils') and bool_or(crowded_row.role = 'basophils')
),

without_neutrophils as (
    select
        full_differential.child_number,
        full_differential.specimen_key
    from full_differential
    inner join crowded_row
        on
            full_differential.child_number = crowded_row.child_number
            and full_differential.specimen_key = crowded_row.specimen_key
            and crowded_row.reason is null
    group by full_differential.child_number, full_differential.specimen_key
    having bool_or(crowded_row.role = 'wbc') and bool_and(crowded_row.role in ('wbc', 'granulocytes'))
),

measure as (
    select crowded_row.*
    from crowded_row
    where crowded_row.reason is null
    union all
    select crowded_row.*
    from crowded_row
    inner join without_neutrophils
        on
            crowded_row.child_number = without_neutrophils.child_number
            and crowded_row.specimen_key = without_neutrophils.specimen_key
    where crowded_row.is_sound_line
)

select
    measure.file,
    measure.row_number,
    measure.child_number,
    measure.sampled_time,
    measure.sampled_on,
    measure.role,
    measure.method_rank,
    measure.whole,
    measure.amount,
    measure.is_below_detection,
    measure.is_sound_line as is_line,
    measure.specimen_key,
    row_number() over (
        partition by
            measure.child_number, measure.sampled_at, measure.code, measure.value, measure.unit,
            measure.code_system, measure.specimen_id, measure.method
        order by measure.file, measure.row_number
    ) > 1 as is_duplicate
from measure;
