-- antibody_test_fate: one row per row of the antibody_test table, with its fate.
-- Reads: raw_antibody_test, child, antibody_method, extract_info, source_malformed.
-- Key: (file, row_number).
-- Rule: the first reason that holds sets a row aside;
-- a test that the code lists do not know as one for neutrophil antibodies, ANCA among
-- them, is another test: no error. A mother's serum may be older than her child.
create or replace view antibody_test_fate as
with typed as (
    select
        raw_antibody_test.*,
        case
            when regexp_matches(raw_antibody_test.sampled_on, '^[1-9][0-9]{3}-[^(]*$')
                then try_cast(raw_antibody_test.sampled_on as date)
        end as day_on
    from raw_antibody_test
),

judged as (
    select
        typed.*,
        antibody_method.method,
        case
            when child.is_usable is null then 'unknown_patient'
            when not child.is_usable then 'unusable_patient'
            when typed.day_on is null then 'bad_date'
            when typed.day_on < child.birth_date and lower(typed.subject) <> 'mother' then 'before_birth'
            when typed.day_on > extract_info.extracted_on then 'after_extract'
            when typed.test is null or typed.result is null then 'missing_value'
            when antibody_method.method is null then 'other_test'
            when lower(typed.result) not in ('positive', 'negative', 'indeterminate') then 'unknown_value'
            when lower(typed.subject) not in ('patient', 'mother') then 'unknown_value'
        end as reason
    from typed
    cross join extract_info
    left join child on typed.patient_id = child.patient_id
    left join antibody_method
        on regexp_replace(lower(typed.test), '[^a-z0-9]', '', 'g') = antibody_method.test_key
),

numbered as (
    select
        judged.*,
        row_number() over (
            partition by
                judged.reason, judged.patient_id, judged.sampled_on, judged.test, judged.result,
                judged.specificity, judged.subject
            order by judged.file, judged.row_number
        ) as ordinal_of_equals
    from judged
)

select
    numbered.file,
    numbered.row_number,
    numbered.day_on as sampled_on,
    numbered.patient_id,
    numbered.test,
    numbered.result,
    numbered.specificity,
    numbered.subject,
    numbered.method,
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
    null,
    null,
    'malformed_row'
from source_malformed
where source_malformed.table_name = 'antibody_test';
