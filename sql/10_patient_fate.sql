-- patient_fate: one row per row of the patient table, typed, with its fate.
-- Reads: raw_patient, partial_date, source_malformed, extract_info.
-- Key: (file, row_number).
-- Rule: the first reason that holds sets a row aside; a child with two birth dates, or with
-- rows that differ elsewhere, is set aside whole, because nothing says which row is right. A month
-- or a year is a birth date only where the sender says so.
create or replace view patient_fate as
with typed as (
    select
        raw_patient.*,
        case
            when regexp_matches(raw_patient.birth_date, '^[1-9][0-9]{3}(-[^(]*)?$')
                then try_cast(raw_patient.birth_date || coalesce(partial_date.rest, '') as date)
        end as born_on
    from raw_patient
    left join partial_date on length(raw_patient.birth_date) = partial_date.n_characters
),

compared as (
    select
        typed.*,
        row_number() over (
            partition by
                typed.patient_id, typed.birth_date, typed.sex, typed.ancestry, typed.duffy_status,
                typed.gestational_weeks, typed.enrolled_on, typed.last_contact_on, typed.died_on,
                typed.site
            order by typed.file, typed.row_number
        ) as ordinal_of_equals,
        min(typed.born_on) over same_child as first_born_on,
        max(typed.born_on) over same_child as last_born_on
    from typed
    window same_child as (partition by typed.patient_id)
),

judged as (
    select
        compared.*,
        case
            when compared.patient_id is null then 'missing_patient_id'
            when compared.born_on is null or compared.born_on > extract_info.extracted_on
                then 'bad_birth_date'
            when compared.ordinal_of_equals > 1 then 'duplicate'
            when compared.first_born_on < compared.last_born_on then 'conflicting_birth_date'
        end as early_reason
    from compared
    cross join extract_info
),

counted as (
    select
        judged.*,
        count(*) filter (where judged.early_reason is null) over (partition by judged.patient_id) as n_left
    from judged
)

select
    counted.file,
    counted.row_number,
    counted.patient_id,
    counted.born_on as birth_date,
    counted.sex,
    counted.ancestry,
    counted.duffy_status,
    counted.gestational_weeks,
    counted.enrolled_on,
    counted.last_contact_on,
    counted.died_on,
    counted.site,
    coalesce(
        counted.early_reason,
        case when counted.n_left > 1 then 'conflicting_columns' else 'used' end
    ) as fate
from counted
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
    null,
    null,
    null,
    'malformed_row'
from source_malformed
where source_malformed.table_name = 'patient';
