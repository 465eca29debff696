-- counted_row: one row per laboratory result that a neutrophil count is traced to.
-- Reads: lone_row, measure_fate.
-- Key: (child_number, sampled_on, count_key).
-- Rule: the row that gave the count, or the first of those that made it. A second value of one
-- specimen is numbered.
create or replace view counted_row as
select
    lone_row.file,
    lone_row.row_number,
    lone_row.child_number,
    lone_row.sampled_on,
    '' as count_key,
    lone_row.method_rank,
    lone_row.specimen_key
from lone_row
where lone_row.fate = 'used'
union all
select
    measure_fate.file,
    measure_fate.row_number,
    measure_fate.child_number,
    measure_fate.sampled_on,
    measure_fate.count_key,
    measure_fate.method_rank,
    measure_fate.count_key as specimen_key
from measure_fate
where measure_fate.anc is not null;
