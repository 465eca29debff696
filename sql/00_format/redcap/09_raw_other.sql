-- raw_other: one row per row of an export that makes no row of a raw table, with the reason.
-- Reads: source_record, source_malformed, redcap_row, redcap_answer.
-- Key: (table_name, file, row_number).
-- Rule: a row whose filled fields nobody asks for is of no use; one that holds only what stands
-- beside other rows, such as the date of a visit, is context.
create or replace view raw_other as
with told as (
    select distinct
        redcap_answer.file,
        redcap_answer.row_number
    from redcap_answer
    where redcap_answer.form <> ''
)

select
    source_malformed.table_name,
    source_malformed.file,
    source_malformed.row_number,
    'malformed_row' as fate
from source_malformed
union all
select
    'record' as table_name,
    source_record.file,
    source_record.row_number,
    case when told.file is null then 'not_of_use' else 'context_only' end as fate
from source_record
left join told on source_record.file = told.file and source_record.row_number = told.row_number
anti join redcap_row
    on source_record.file = redcap_row.file and source_record.row_number = redcap_row.row_number;
