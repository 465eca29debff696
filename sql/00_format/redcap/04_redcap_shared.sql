-- redcap_shared: one row per row of a raw table and column that is told beside it, not in it.
-- Reads: redcap_row, redcap_value, redcap_form, redcap_visit, redcap_column.
-- Key: (row_key, column_name).
-- Rule: a date may stand in another instrument of the same visit, or in the row of the event that does
-- not repeat; what is known of a child in any row of its record, the nearest first. Only instruments
-- that make no rows themselves are heeded, and only where they say one thing.
create or replace view redcap_shared as
with told as (
    select
        redcap_value.table_name,
        redcap_value.column_name,
        redcap_value.value,
        redcap_visit.child,
        redcap_visit.visit
    from redcap_value
    inner join redcap_form
        on
            redcap_value.table_name = redcap_form.table_name
            and redcap_value.form = redcap_form.form
            and not redcap_form.makes_rows
    inner join redcap_column
        on
            redcap_value.table_name = redcap_column.table_name
            and redcap_value.column_name = redcap_column.column_name
            and (redcap_value.table_name = 'patient' or redcap_column.kind in ('date', 'time'))
    inner join redcap_visit
        on redcap_value.file = redcap_visit.file and redcap_value.row_number = redcap_visit.row_number
),

beside as (
    select
        redcap_row.row_key,
        told.column_name,
        told.value,
        'a same visit' as how
    from redcap_row
    inner join told
        on
            redcap_row.table_name = told.table_name
            and redcap_row.child = told.child
            and redcap_row.visit = told.visit
    union all
    select
        redcap_row.row_key,
        told.column_name,
        told.value,
        'b same event' as how
    from redcap_row
    inner join told
        on
            redcap_row.table_name = told.table_name
            and redcap_row.child = told.child
            and redcap_row.visit_beside = told.visit
    union all
    select
        redcap_row.row_key,
        told.column_name,
        told.value,
        'c same child' as how
    from redcap_row
    inner join told on redcap_row.table_name = told.table_name and redcap_row.child = told.child
    where redcap_row.table_name = 'patient'
),

ranked as (
    select
        beside.*,
        min(beside.how) over (partition by beside.row_key, beside.column_name) as nearest
    from beside
)

select
    ranked.row_key,
    ranked.column_name,
    min(ranked.value) as value
from ranked
where ranked.how = ranked.nearest
group by ranked.row_key, ranked.column_name
having min(ranked.value) = max(ranked.value);
