-- counted_row: one row per laboratory result that a neutrophil count is traced to.
-- Reads: lone_row, measure_fate, raw_lab_result, patient, method_rank.
-- Key: (patient_id, specimen_key).
-- Rule: the row that gave the count, or the first of those that made it. A specimen is named by its
-- specimen_id and day or, without one, by the time of sampling; a second value of one is numbered.
create or replace view counted_row as
with traced as (
    select
        lone_row.file,
        lone_row.row_number,
        lone_row.child_number,
        lone_row.sampled_on,
        lone_row.sampled_time,
        lone_row.method_rank,
        case when lone_row.role = 'anc' then 'absolute' else 'granulocytes' end as anc_source,
        lone_row.lone_anc as anc,
        cast(null as double) as computed_anc,
        lone_row.is_below_detection,
        cast(null as varchar) as count_key
    from lone_row
    where lone_row.fate = 'used'
    union all
    select
        measure_fate.file,
        measure_fate.row_number,
        measure_fate.child_number,
        measure_fate.sampled_on,
        measure_fate.sampled_time,
        measure_fate.method_rank,
        measure_fate.anc_source,
        measure_fate.anc,
        measure_fate.computed_anc,
        measure_fate.is_below_detection,
        measure_fate.count_key
    from measure_fate
    where measure_fate.anc is not null
)

select
    patient.patient_id,
    traced.child_number,
    traced.sampled_on,
    traced.sampled_time as sampled_at,
    traced.file,
    traced.row_number,
    traced.count_key,
    coalesce(
        traced.count_key,
        raw_lab_result.specimen_id || ' on ' || cast(traced.sampled_on as varchar),
        'at ' || cast(traced.sampled_time as varchar)
    ) as specimen_key,
    traced.anc,
    case
        when traced.anc_source <> 'absolute' then traced.anc_source
        when traced.method_rank = method.automated then 'absolute_automated'
        when traced.method_rank = method.manual then 'absolute_manual'
        else 'absolute_unspecified'
    end as anc_method,
    traced.is_below_detection,
    case when traced.anc_source = 'absolute' then traced.computed_anc end as computed_anc
from traced
cross join method_rank as method
inner join patient on traced.child_number = patient.child_number
inner join raw_lab_result
    on traced.row_number = raw_lab_result.row_number and traced.file = raw_lab_result.file;
