-- lab_measure: one row per sound laboratory result that may make a neutrophil count, duplicates
-- marked.
-- Reads: lab_row.
-- Key: (file, row_number).
-- Rule: a specimen is what bears one specimen_id on one day or, without it, what was sampled at one
-- time. Other lines of the differential are taken only from specimens with white cells, all four
-- lines and no measure of neutrophils. A row that equals an earlier one in every column is a
-- duplicate.
create or replace view lab_measure as
with keyed as (
    select
        lab_row.*,
        coalesce(
            lab_row.specimen_id || ' on ' || cast(lab_row.sampled_on as varchar),
            'at ' || cast(lab_row.sampled_time as varchar)
        ) as specimen_key
    from lab_row
    where lab_row.reason is null or lab_row.is_sound_line
),

full_differential as (
    select
        keyed.patient_id,
        keyed.specimen_key
    from keyed
    where keyed.is_sound_line
    group by keyed.patient_id, keyed.specimen_key
    having
        bool_or(keyed.role = 'lymphocytes') and bool_or(keyed.role = 'monocytes')
        and bool_or(keyed.role = 'eosinophils') and bool_or(keyed.role = 'basophils')
),

without_neutrophils as (
    select
        full_differential.patient_id,
        full_differential.specimen_key
    from full_differential
    inner join keyed
        on
            full_differential.patient_id = keyed.patient_id
            and full_differential.specimen_key = keyed.specimen_key
            and keyed.reason is null
    group by full_differential.patient_id, full_differential.specimen_key
    having bool_or(keyed.role = 'wbc') and bool_and(keyed.role in ('wbc', 'granulocytes'))
),

measure as (
    select keyed.*
    from keyed
    where keyed.reason is null
    union all
    select keyed.*
    from keyed
    inner join without_neutrophils
        on
            keyed.patient_id = without_neutrophils.patient_id
            and keyed.specimen_key = without_neutrophils.specimen_key
    where keyed.is_sound_line
)

select
    measure.file,
    measure.row_number,
    measure.patient_id,
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
            measure.patient_id, measure.sampled_at, measure.code, measure.value, measure.unit,
            measure.code_system, measure.specimen_id, measure.method
        order by measure.file, measure.row_number
    ) > 1 as is_duplicate
from measure;
