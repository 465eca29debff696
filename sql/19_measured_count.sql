-- measured_count: one row per neutrophil count: of a specimen, or of each different value that the
-- best method gave for it.
-- Reads: lone_row, measure_fate.
-- Key: (child_number, sampled_on, count_key).
-- Rule: `is_alone` where the child has no other sound result on that day; such a count
-- needs no key, and has an empty one.
create or replace view measured_count as
select
    lone_row.child_number,
    lone_row.sampled_on,
    '' as count_key,
    lone_row.sampled_time as sampled_at,
    case when lone_row.role = 'granulocytes' then 'granulocytes' else 'absolute' end as anc_source,
    lone_row.lone_anc as anc,
    cast(null as double) as computed_anc,
    lone_row.is_below_detection,
    true as is_alone
from lone_row
where lone_row.lone_anc is not null
union all
select
    measure_fate.child_number,
    measure_fate.sampled_on,
    measure_fate.count_key,
    measure_fate.sampled_time as sampled_at,
    measure_fate.anc_source,
    measure_fate.anc,
    case when measure_fate.anc_source = 'absolute' then measure_fate.computed_anc end as computed_anc,
    measure_fate.is_below_detection,
    false as is_alone
from measure_fate
where measure_fate.anc is not null;
