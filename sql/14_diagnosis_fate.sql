-- diagnosis_fate: one row per row of the diagnosis table, with its fate.
-- Reads: raw_diagnosis, child, extract_info, source_malformed.
-- Key: (file, row_number).
-- Rule: the first reason that holds sets a row aside;
-- a code that the code lists do not know is used; it means nothing to the rules.
create or replace view diagnosis_fate as
with typed as (
    select
        raw_diagnosis.*,
        case
            when regexp_matches(raw_diagnosis.recorded_on, '^[1-9][0-9]{3}-[^(]*$')
                then try_cast(raw_diagnosis.recorded_on as date)
        end as day_on
    from raw_diagnosis
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
            when typed.code is null then 'missing_value'
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
                judged.reason, judged.patient_id, judged.recorded_on, judged.code, judged.code_system
            order by judged.file, judged.row_number
        ) as ordinal_of_equals
    from judged
)

select
    numbered.file,
    numbered.row_number,
    numbered.day_on as recorded_on,
    numbered.patient_id,
    numbered.code,
    numbered.code_system,
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
where source_malformed.table_name = 'diagnosis';
