-- row_fate: one row per table of the extract and fate.
-- Reads: raw_fate.
-- Key: (table_name, fate).
-- Rule: the numbers add up to the rows of the extract.
create or replace view row_fate as
select
    raw_fate.table_name,
    raw_fate.fate,
    count(*) as n_rows
from raw_fate
group by raw_fate.table_name, raw_fate.fate;
