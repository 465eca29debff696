-- redcap_answer: one row per filled cell of an export and column of the native format that it fills.
-- Reads: source_cell, source_record, source_target, source_choice, redcap_missing, redcap_column.
-- Key: (file, row_number, place, table_name, column_name, row_name).
-- Rule: a choice is known by its code or its label, in a labelled export by its label first; a box not
-- ticked is no answer, nor a missing-data code, undeclared ones only where they cannot be an answer.
create or replace view redcap_answer as
with cell as (
    select
        source_cell.*,
        source_record.is_labelled,
        source_target.form,
        source_target.table_name,
        source_target.column_name,
        source_target.row_name,
        source_target.validation,
        source_target.answered_by,
        redcap_column.kind,
        redcap_column.is_essential,
        regexp_replace(source_cell.value, '^[\s\pZ]+|[\s\pZ]+$', '', 'g') as text,
        trim(regexp_replace(lower(source_cell.value), '(<[^>]*>|[\s\pZ])+', ' ', 'g')) as text_key
    from source_cell
    inner join source_record
        on source_cell.file = source_record.file and source_cell.row_number = source_record.row_number
    inner join source_target on source_cell.field = source_target.field
    inner join redcap_column
        on
            source_target.table_name = redcap_column.table_name
            and source_target.column_name = redcap_column.column_name
),

answered as (
    select
        cell.*,
        coalesce(ticked.label_key = cell.text_key or cell.text_key in ('1', 'checked'), false) as is_ticked,
        case
            when cell.choice is not null then ticked.code
            when cell.is_labelled = 'yes' then coalesce(labelled.code, coded.code)
            else coalesce(coded.code, labelled.code)
        end as code,
        case
            when cell.choice is not null then ticked.label
            when cell.is_labelled = 'yes' then coalesce(labelled.label, coded.label)
            else coalesce(coded.label, labelled.label)
        end as label
    from cell
    left join source_choice as ticked on cell.field = ticked.field and cell.choice = ticked.code
    left join source_choice as coded on cell.field = coded.field and cell.text = coded.code
    left join source_choice as labelled
        on cell.field = labelled.field and cell.text_key = labelled.label_key
)

select
    answered.file,
    answered.row_number,
    answered.place,
    answered.form,
    answered.table_name,
    answered.column_name,
    case
        when answered.choice is not null and answered.is_essential
            then concat(answered.row_name, answered.field, '___', answered.choice)
        else answered.row_name
    end as row_name,
    answered.row_name as mapped_row,
    concat(answered.field, '___' || answered.choice) as field_place,
    answered.kind,
    answered.is_essential,
    answered.validation,
    answered.text,
    answered.text_key,
    answered.code,
    answered.label
from answered
where
    (answered.choice is null or answered.is_ticked)
    and not exists (
        select redcap_missing.code
        from redcap_missing
        where
            (redcap_missing.is_declared and redcap_missing.code = answered.text)
            or (
                answered.code is null
                and answered.text in (redcap_missing.code, redcap_missing.label)
                and (
                    redcap_missing.is_declared
                    or answered.kind in ('date', 'number', 'time')
                    or answered.answered_by = 'choice'
                )
            )
    );
