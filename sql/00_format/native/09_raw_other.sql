-- raw_other: one row per record of the source that makes no raw row, with the reason.
-- Reads: source_malformed.
-- Key: (table_name, file, row_number).
-- Rule: in the native format every record stands in its raw table, a malformed one by its fate there.
create or replace view raw_other as
select
    source_malformed.table_name,
    source_malformed.file,
    source_malformed.row_number,
    'malformed_row' as fate
from source_malformed
where source_malformed.table_name is null;
