-- omop_observation: one row per record of table observation, with what its source value says it is.
-- Reads: source_observation.
-- Key: (file, row_number).
-- Rule: the words are those of the data dictionary, in any case; what says anything else is of no use.
create or replace view omop_observation as
with written as (
    select
        source_observation.file,
        source_observation.row_number,
        nullif(regexp_replace(source_observation.person_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '')
            as patient_id,
        coalesce(
            nullif(trim(source_observation.observation_date), ''),
            nullif(trim(source_observation.observation_datetime), '')
        ) as observed_on,
        nullif(trim(source_observation.value_as_string), '') as word,
        nullif(trim(source_observation.value_as_number), '') as number_text,
        source_observation.value_as_concept_id,
        nullif(trim(source_observation.qualifier_source_value), '') as qualifier,
        trim(source_observation.observation_source_value) as source_text
    from source_observation
)

select
    written.file,
    written.row_number,
    written.patient_id,
    written.observed_on,
    written.word,
    written.number_text,
    written.value_as_concept_id,
    written.qualifier,
    written.source_text,
    case
        when lower(written.source_text) = 'gestational weeks' then 'gestational_weeks'
        when lower(written.source_text) = 'duffy status' then 'duffy_status'
        when lower(written.source_text) = 'marrow cellularity' then 'marrow_exam'
        when regexp_matches(lower(written.source_text), '^gene *[|]') then 'genetic_test'
        when regexp_matches(lower(written.source_text), '^neutrophil antibody *[|]') then 'antibody_test'
        else 'other'
    end as kind
from written;
