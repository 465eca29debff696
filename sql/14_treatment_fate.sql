-- treatment_fate: one row per row of the treatment table, with its fate.
-- Reads: raw_treatment, child, extract_info, source_malformed.
-- Key: (file, row_number).
-- Rule: the first reason that holds sets a row aside;
-- a course that ends before it starts says nothing that can be used.
create or replace view treatment_fate as
with typed as (
    select
        raw_treatment.*,
        case
            when regexp_matches(raw_treatment.started_on, '^[1-9][0-9]{3}-[^(]*$')
                then try_cast(raw_treatment.started_on as date)
        end as day_on,
        case
            when regexp_matches(raw_treatment.ended_on, '^[1-9][0-9]{3}-[^(]*$')
                then try_cast(raw_treatment.ended_on as date)
        end as last_on
    from raw_treatment
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
            when typed.ended_on is not null and typed.last_on is null then 'bad_date'
            when typed.last_on < typed.day_on then 'ends_before_start'
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
                judged.reason, judged.patient_id, judged.started_on, judged.code, judged.ended_on,
                judged.code_system
            order by judged.file, judged.row_number
        ) as ordinal_of_equals
    from judged
)

select
    numbered.file,
    numbered.row_number,
    numbered.day_on as started_on,
    numbered.patient_id,
    numbered.code,
    numbered.last_on as ended_on,
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
    null,
    'malformed_row'
from source_malformed
where source_malformed.table_name = 'treatment';
