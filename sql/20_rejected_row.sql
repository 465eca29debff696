-- rejected_row: one row per row of the extract that was set aside for an error.
-- Reads: raw_fate.
-- Key: (table_name, file, row_number).
-- Rule: other analytes and tests, superseded measures, and what a format holds beside them, are no errors.
create or replace view rejected_row as
select
    raw_fate.table_name,
    raw_fate.file,
    raw_fate.row_number,
    raw_fate.fate as reason
from raw_fate
where
    raw_fate.fate not in (
        'used', 'other_analyte', 'other_test', 'superseded', 'not_of_use', 'context_only', 'not_occurred'
    );
