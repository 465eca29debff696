-- anc_result: one row per neutrophil count: of a specimen, or of each different value that the
-- best method gave for it.
-- Reads: measure_fate, implausible_unit, method_rank.
-- Key: (patient_id, specimen_key).
-- Rule: a count is traced to the row that gave it, or to the first of those that made it.
create or replace view anc_result as
select
    measure_fate.patient_id,
    measure_fate.sampled_on,
    measure_fate.sampled_time as sampled_at,
    measure_fate.file,
    measure_fate.row_number,
    measure_fate.count_key as specimen_key,
    measure_fate.anc,
    case
        when measure_fate.anc_source <> 'absolute' then measure_fate.anc_source
        when measure_fate.method_rank = method.automated then 'absolute_automated'
        when measure_fate.method_rank = method.manual then 'absolute_manual'
        else 'absolute_unspecified'
    end as anc_method,
    measure_fate.is_below_detection,
    case when measure_fate.anc_source = 'absolute' then measure_fate.computed_anc end as computed_anc
from measure_fate
cross join method_rank as method
left join implausible_unit
    on
        measure_fate.patient_id = implausible_unit.patient_id
        and measure_fate.count_key = implausible_unit.count_key
        and implausible_unit.is_set_aside
where measure_fate.anc is not null and implausible_unit.count_key is null;
