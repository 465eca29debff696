-- marrow_exam_fate: one row per row of the marrow_exam table, with its fate.
-- Reads: raw_marrow_exam, child, extract_info, source_malformed.
-- Key: (file, row_number).
-- Rule: the first reason that holds sets a row aside;
-- only the words of the data dictionary are understood.
create or replace view marrow_exam_fate as
with typed as (
    select
        raw_marrow_exam.*,
        case
            when regexp_matches(raw_marrow_exam.examined_on, '^[1-9][0-9]{3}-[^(]*$')
                then try_cast(raw_marrow_exam.examined_on as date)
        end as day_on
    from raw_marrow_exam
),

judged as (
    select
        typed.*,
        case
            when child.is_usable is null then 'unknown_patient'
            when not child.is_usable then 'unusable_patient'
            when typed.day_on is null then 'bad_date'
            when typed.day_on < child.birth_date then 'before_birth'
            when typed.day_on > extract_info.extracted_on then 'after_extract'
            when typed.cellularity is null then 'missing_value'
            when lower(typed.cellularity) not in ('normal', 'increased', 'decreased', 'promyelocyte_arrest')
                then 'unknown_value'
        end as reason
    from typed
    cross join extract_info
    left join child on typed.patient_id = child.patient_id
),

numbered as (
    select
        judged.*,
        row_number() over (
            partition by
                judged.reason,
                judged.patient_id,
                judged.examined_on,
                judged.cellularity,
                judged.segmented_reduced
            order by judged.file, judged.row_number
        ) as ordinal_of_equals
    from judged
)

select
    numbered.file,
    numbered.row_number,
    numbered.day_on as examined_on,
    numbered.patient_id,
    numbered.cellularity,
    numbered.segmented_reduced,
    coalesce(
        numbered.reason, case when numbered.ordinal_of_equals > 1 then 'duplicate' else 'used' end
    ) as fate
from numbered
union all
select
    source_malformed.file,
    source_malformed.row_number,
    null,
    null,
    null,
    null,
    'malformed_row'
from source_malformed
where source_malformed.table_name = 'marrow_exam';
