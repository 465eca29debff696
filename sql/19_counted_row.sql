-- counted_row: one row per laboratory result that a neutrophil count is traced to.
-- Reads: lone_row, measure_fate, sent_row.
-- Key: (child_number, sampled_on, count_key).
-- Rule: the row that gave the count, or the first of those that made it. A second value of one
-- specimen is numbered.
create or replace view counted_row as
with traced as (
    select
        lone_row.file,
        lone_row.row_number,
        lone_row.child_number,
        lone_row.sampled_on,
        '' as count_key
    from lone_row
    where lone_row.fate = 'used'
    union all
    select
        measure_fate.file,
        measure_fate.row_number,
        measure_fate.child_number,
        measure_fate.sampled_on,
        measure_fate.count_key
    from measure_fate
    where measure_fate.anc is not null
)

select
    traced.file,
    traced.row_number,
    traced.child_number,
    traced.sampled_on,
    traced.count_key,
    sent_row.method_rank,
    coalesce(nullif(traced.count_key, ''), sent_row.specimen_key) as specimen_key
from traced
inner join sent_row
    on traced.row_number = sent_row.row_number and traced.file = sent_row.file;
