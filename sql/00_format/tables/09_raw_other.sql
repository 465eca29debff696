-- raw_other: one row per record of the source that makes no raw row, with the reason.
-- Reads: source_wide_cell.
-- Key: (table_name, file, row_number).
-- Rule: a record of a wide table in which every column of results is empty has no result; all other
-- records stand in their raw table, a malformed one by its fate there.
create or replace view raw_other as
select
    'lab_result' as table_name,
    source_wide_cell.file,
    source_wide_cell.row_number,
    'nothing_measured' as fate
from source_wide_cell
group by source_wide_cell.file, source_wide_cell.row_number
having count(nullif(trim(source_wide_cell.value), '')) = 0;
