-- redcap_row: one row per row of a raw table that an export makes.
-- Reads: redcap_value, redcap_form, redcap_visit.
-- Key: (row_key).
-- Rule: an instrument makes one row of its shared fields, and one of each field that has its own, a
-- ticked box among them. Fields of a child beside its birth date are rows only where there is none.
create or replace view redcap_row as
with filled as (
    select
        redcap_value.file,
        redcap_value.row_number,
        redcap_value.table_name,
        redcap_value.form,
        redcap_value.row_name,
        redcap_value.mapped_row,
        bool_or(redcap_value.is_essential) as has_essential,
        min(redcap_value.field_place) filter (where redcap_value.is_essential) as essential_field,
        min(redcap_value.field_place) as any_field
    from redcap_value
    group by
        redcap_value.file,
        redcap_value.row_number,
        redcap_value.table_name,
        redcap_value.form,
        redcap_value.row_name,
        redcap_value.mapped_row
),

marked as (
    select
        filled.*,
        redcap_visit.patient_id,
        redcap_visit.child,
        redcap_visit.visit,
        redcap_visit.visit_beside,
        redcap_form.makes_common_rows,
        bool_or(filled.row_name <> '') over same_form as has_own_rows,
        bool_or(filled.table_name = 'patient' and redcap_form.makes_common_rows)
            over (partition by redcap_visit.child) as has_birth
    from filled
    inner join redcap_form
        on filled.table_name = redcap_form.table_name and filled.form = redcap_form.form
    inner join redcap_visit
        on filled.file = redcap_visit.file and filled.row_number = redcap_visit.row_number
    window
        same_form as (
            partition by filled.file, filled.row_number, filled.table_name, filled.form
        )
),

made as (
    select marked.*
    from marked
    where
        marked.row_name <> ''
        or (marked.makes_common_rows and (marked.has_essential or not marked.has_own_rows))
        or (marked.table_name = 'patient' and not marked.has_birth and marked.form <> '')
)

select
    row_number() over (
        order by made.table_name, made.file, made.row_number, made.form, made.row_name, made.mapped_row
    ) as row_key,
    made.table_name,
    made.file,
    made.row_number,
    made.form,
    made.row_name,
    made.mapped_row,
    made.patient_id,
    made.child,
    made.visit,
    made.visit_beside,
    case
        when count(*) over (partition by made.file, made.row_number) = 1 then made.file
        when made.row_name <> ''
            then concat(made.file, ', ', coalesce(made.essential_field, made.any_field))
        else concat(made.file, ', ', made.table_name, ' of ', made.form)
    end as file_and_place
from made;
