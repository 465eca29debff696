-- patient: one row per child who can be used.
-- Reads: patient_fate, child.
-- Key: (patient_id).
-- Rule: what is missing or not understood is unknown, by that name; a date that is none is missing.
create or replace view patient as
select
    patient_fate.patient_id,
    child.child_number,
    patient_fate.birth_date,
    case
        when lower(patient_fate.sex) in ('female', 'f') then 'female'
        when lower(patient_fate.sex) in ('male', 'm') then 'male'
        else 'unknown'
    end as sex,
    coalesce(patient_fate.ancestry, 'not_recorded') as ancestry,
    case
        when lower(patient_fate.duffy_status) in ('null', 'negative') then 'null'
        when lower(patient_fate.duffy_status) = 'positive' then 'positive'
        else 'unknown'
    end as duffy_status,
    try_cast(patient_fate.gestational_weeks as integer) as gestational_weeks,
    case
        when regexp_matches(patient_fate.enrolled_on, '^[1-9][0-9]{3}-[^(]*$')
            then try_cast(patient_fate.enrolled_on as date)
    end as enrolled_on,
    case
        when regexp_matches(patient_fate.last_contact_on, '^[1-9][0-9]{3}-[^(]*$')
            then try_cast(patient_fate.last_contact_on as date)
    end as last_contact_on,
    case
        when regexp_matches(patient_fate.died_on, '^[1-9][0-9]{3}-[^(]*$')
            then try_cast(patient_fate.died_on as date)
    end as died_on,
    coalesce(patient_fate.site, 'not_recorded') as site
from patient_fate
inner join child on patient_fate.patient_id = child.patient_id
where patient_fate.fate = 'used';
