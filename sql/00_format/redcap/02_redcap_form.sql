-- redcap_form: one row per instrument and table of the native format that its fields fill.
-- Reads: source_target, redcap_column.
-- Key: (table_name, form).
-- Rule: an instrument makes rows of a table when a field of it fills an essential column, or has a row
-- of its own; of the children, when it holds the birth date. Else its fields stand beside the rows of
-- other instruments: the date of a visit, the death of a child.
create or replace view redcap_form as
select
    source_target.table_name,
    source_target.form,
    bool_or(
        source_target.row_name = '' and redcap_column.is_essential and source_target.answered_by <> 'checkbox'
    )
    or bool_or(source_target.column_name = 'birth_date') as makes_common_rows,
    bool_or(source_target.row_name <> '' or redcap_column.is_essential)
    or bool_or(source_target.column_name = 'birth_date') as makes_rows
from source_target
inner join redcap_column
    on
        source_target.table_name = redcap_column.table_name
        and source_target.column_name = redcap_column.column_name
group by source_target.table_name, source_target.form;
