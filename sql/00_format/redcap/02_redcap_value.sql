-- redcap_value: one row per answer of an export, in the words of the native format.
-- Reads: redcap_answer, redcap_word, extract_info.
-- Key: (file, row_number, place, table_name, column_name, row_name).
-- Rule: the sender's word for a label or code is first, then the shipped one, else the label; of a code
-- list the code of the choice, unless it only numbers the choices. A date is ISO, or else as the field's
-- validation has it; what is no date in it, and a choice that nobody knows, is handed over as written.
create or replace view redcap_value as
with said as (
    select
        redcap_answer.*,
        coalesce(redcap_answer.label, redcap_answer.text) as label_or_text,
        coalesce(
            case when of_label.is_own then of_label.word end,
            case when of_code.is_own then of_code.word end,
            of_label.word,
            of_code.word
        ) as word
    from redcap_answer
    left join redcap_word as of_label
        on
            redcap_answer.table_name = of_label.table_name
            and redcap_answer.column_name = of_label.column_name
            and lower(coalesce(redcap_answer.label, redcap_answer.text_key)) = of_label.said
    left join redcap_word as of_code
        on
            redcap_answer.table_name = of_code.table_name
            and redcap_answer.column_name = of_code.column_name
            and lower(redcap_answer.code) = of_code.said
)

select
    said.file,
    said.row_number,
    said.place,
    said.form,
    said.table_name,
    said.column_name,
    said.row_name,
    said.mapped_row,
    said.field_place,
    said.is_essential,
    case
        when said.word is not null then said.word
        when said.kind = 'code' and not regexp_matches(said.code, '^-?[0-9]{1,3}$') then said.code
        when said.kind = 'number' and said.validation like '%comma_decimal'
            then replace(said.text, ',', extract_info.decimal_mark)
        when said.kind <> 'date' or regexp_matches(said.text, '^[0-9]{4}(-|$)') then said.label_or_text
        when said.validation like '%\_dmy' escape '\'
            then regexp_replace(
                regexp_replace(said.text, '^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})', '\3-\2-\1'),
                '-([0-9])\b', '-0\1', 'g'
            )
        when said.validation like '%\_mdy' escape '\'
            then regexp_replace(
                regexp_replace(said.text, '^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})', '\3-\1-\2'),
                '-([0-9])\b', '-0\1', 'g'
            )
        when said.validation like '%\_ymd' escape '\'
            then regexp_replace(
                regexp_replace(said.text, '^([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})', '\1-\2-\3'),
                '-([0-9])\b', '-0\1', 'g'
            )
        else said.label_or_text
    end as value
from said
cross join extract_info;
