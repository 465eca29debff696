-- redcap_cell: one row per row of a raw table and column that is filled in it.
-- Reads: redcap_row, redcap_value, redcap_shared, source_target, source_constant.
-- Key: (row_key, column_name).
-- Rule: what stands in the row itself, else the text of its annotation, else what its instrument shares,
-- else what is told beside it, unless the instrument has a field for that. Several ticked boxes of
-- one column are written side by side.
create or replace view redcap_cell as
with answer as (
    select
        redcap_row.row_key,
        redcap_value.column_name,
        case when redcap_value.row_name = redcap_row.row_name then 'a own' else 'c of its form' end as how,
        string_agg(redcap_value.value, '; ' order by redcap_value.place) as value
    from redcap_row
    inner join redcap_value
        on
            redcap_row.table_name = redcap_value.table_name
            and redcap_row.file = redcap_value.file
            and redcap_row.row_number = redcap_value.row_number
            and redcap_row.form = redcap_value.form
            and redcap_value.row_name in (redcap_row.row_name, redcap_row.mapped_row, '')
    group by redcap_row.row_key, redcap_value.column_name, how
),

annotated as (
    select
        redcap_row.row_key,
        source_constant.column_name,
        'b annotation' as how,
        source_constant.value
    from redcap_row
    inner join source_constant
        on
            redcap_row.table_name = source_constant.table_name
            and redcap_row.form = source_constant.form
            and redcap_row.mapped_row = source_constant.row_name
),

beside as (
    select
        redcap_row.row_key,
        redcap_shared.column_name,
        'd beside' as how,
        redcap_shared.value
    from redcap_row
    inner join redcap_shared on redcap_row.row_key = redcap_shared.row_key
    anti join source_target
        on
            redcap_row.table_name = source_target.table_name
            and redcap_row.form = source_target.form
            and redcap_shared.column_name = source_target.column_name
            and source_target.row_name in ('', redcap_row.mapped_row)
),

told as (
    select * from answer
    union all by name
    select * from annotated
    union all by name
    select * from beside
)

select
    told.row_key,
    told.column_name,
    arg_min(told.value, told.how) as value
from told
group by told.row_key, told.column_name;
