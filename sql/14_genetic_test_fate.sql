-- genetic_test_fate: one row per row of the genetic_test table, with its fate.
-- Reads: raw_genetic_test, child, extract_info, source_malformed.
-- Key: (file, row_number).
-- Rule: the first reason that holds sets a row aside;
-- only the words of the data dictionary are understood.
create or replace view genetic_test_fate as
with typed as (
    select
        raw_genetic_test.*,
        case
            when regexp_matches(raw_genetic_test.tested_on, '^[1-9][0-9]{3}-[^(]*$')
                then try_cast(raw_genetic_test.tested_on as date)
        end as day_on
    from raw_genetic_test
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
            when typed.gene is null or typed.result is null then 'missing_value'
            when
                lower(typed.result)
                not in ('pathogenic', 'likely_pathogenic', 'uncertain', 'benign', 'negative')
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
                judged.reason, judged.patient_id, judged.tested_on, judged.gene, judged.result
            order by judged.file, judged.row_number
        ) as ordinal_of_equals
    from judged
)

select
    numbered.file,
    numbered.row_number,
    numbered.day_on as tested_on,
    numbered.patient_id,
    numbered.gene,
    numbered.result,
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
where source_malformed.table_name = 'genetic_test';
