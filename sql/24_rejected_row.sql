-- rejected_row: one row per row of the extract that was set aside for an error.
-- Reads: raw_fate, harmless_fate.
-- Key: (table_name, file, row_number).
-- Rule: other analytes and tests, superseded measures, and what a format holds beside them, are no errors.
create or replace view rejected_row as
select
    raw_fate.table_name,
    raw_fate.file,
    raw_fate.row_number,
    raw_fate.fate as reason
from raw_fate
left join harmless_fate on raw_fate.fate = harmless_fate.fate
where harmless_fate.fate is null;
