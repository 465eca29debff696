-- raw_patient: one row per person.
-- Reads: source_person, omop_child, omop_concept, omop_word, source_care_site.
-- Key: (file, row_number).
-- Rule: a full date of birth stands before year, month and day; of these, what is known.
create or replace view raw_patient as
with born as (
    select
        source_person.*,
        trim(source_person.year_of_birth) as year_text,
        lpad(nullif(trim(source_person.month_of_birth), ''), 1 + 1, '0') as month_text,
        lpad(nullif(trim(source_person.day_of_birth), ''), 1 + 1, '0') as day_text
    from source_person
),

site as (
    select
        trim(source_care_site.care_site_id) as care_site_id,
        min(coalesce(
            nullif(trim(source_care_site.care_site_source_value), ''),
            nullif(trim(source_care_site.care_site_name), '')
        )) as name
    from source_care_site
    group by trim(source_care_site.care_site_id)
)

select
    born.file,
    born.row_number,
    nullif(trim(born.person_id), '') as patient_id,
    coalesce(
        regexp_replace(nullif(trim(born.birth_datetime), ''), '^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T].*$', '\1'),
        born.year_text || '-' || born.month_text || '-' || born.day_text,
        born.year_text || '-' || born.month_text,
        nullif(born.year_text, '')
    ) as birth_date,
    coalesce(sex.word, nullif(trim(born.gender_source_value), '')) as sex,
    coalesce(nullif(trim(born.race_source_value), ''), race.concept_name) as ancestry,
    omop_child.duffy_status,
    omop_child.gestational_weeks,
    omop_child.enrolled_on,
    omop_child.last_contact_on,
    omop_child.died_on,
    coalesce(site.name, nullif(trim(born.care_site_id), '')) as site
from born
left join omop_child on trim(born.person_id) = omop_child.patient_id
left join omop_word as sex on trim(born.gender_concept_id) = sex.concept_id and sex.kind = 'sex'
left join omop_concept as race on trim(born.race_concept_id) = race.concept_id
left join site on trim(born.care_site_id) = site.care_site_id;
