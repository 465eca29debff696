-- raw_patient: one row per record of table person.
-- Reads: source_person, source_care_site, omop_concept, omop_value, omop_told.
-- Key: (file, row_number).
-- Rule: what a concept says comes before what the source wrote; of a birth date, as much as is known.
create or replace view raw_patient as
with person as (
    select
        source_person.*,
        nullif(regexp_replace(source_person.person_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
        regexp_replace(trim(source_person.gender_concept_id), '[.]0+$', '') as gender_id,
        regexp_replace(trim(source_person.race_concept_id), '[.]0+$', '') as race_id,
        nullif(regexp_replace(trim(source_person.care_site_id), '[.]0+$', ''), '') as site_id,
        nullif(regexp_extract(trim(source_person.birth_datetime), '^[0-9]{4}-[0-9]{2}-[0-9]{2}', 0), '')
            as born,
        nullif(regexp_replace(trim(source_person.year_of_birth), '[.]0+$', ''), '') as born_year,
        regexp_replace(
            regexp_replace(trim(source_person.month_of_birth), '[.]0+$', ''), '^([1-9])$', '0\1'
        ) as born_month,
        regexp_replace(
            regexp_replace(trim(source_person.day_of_birth), '[.]0+$', ''), '^([1-9])$', '0\1'
        ) as born_day
    from source_person
),

site as (
    select
        regexp_replace(trim(source_care_site.care_site_id), '[.]0+$', '') as site_id,
        min(
            coalesce(
                nullif(trim(source_care_site.care_site_source_value), ''),
                nullif(trim(source_care_site.care_site_name), '')
            )
        ) as name
    from source_care_site
    group by regexp_replace(trim(source_care_site.care_site_id), '[.]0+$', '')
)

select
    person.file,
    person.row_number,
    person.patient_id,
    coalesce(
        person.born,
        person.born_year || '-' || nullif(person.born_month, '') || '-' || nullif(person.born_day, ''),
        person.born_year || '-' || nullif(person.born_month, ''),
        person.born_year
    ) as birth_date,
    coalesce(gender.means, nullif(trim(person.gender_source_value), '')) as sex,
    coalesce(race.name, nullif(trim(person.race_source_value), '')) as ancestry,
    omop_told.duffy_status,
    omop_told.gestational_weeks,
    omop_told.enrolled_on,
    omop_told.last_contact_on,
    omop_told.died_on,
    coalesce(site.name, person.site_id) as site
from person
left join omop_value as gender on person.gender_id = gender.concept_id and gender.kind = 'sex'
left join omop_concept as race on person.race_id = race.concept_id
left join site on person.site_id = site.site_id
left join omop_told on person.patient_id = omop_told.patient_id;
