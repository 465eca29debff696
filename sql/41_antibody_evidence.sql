-- antibody_evidence: one row per episode and antibody test that speaks of it.
-- Reads: antibody_test, contradicted_end, episode_window.
-- Key: none.
-- Rule: a test of the child speaks of an episode within its antibody window; a test of the mother
-- speaks of every episode of her child, whenever it was made. An antibody against HLA alone
-- interferes with the test (hna_specificities.csv), so a positive result with it tells nothing
-- (our choice); a specificity that also names HNA is positive. A test made when the episode had
-- passed for ended is known to speak of it since a later count contradicted that end.
create or replace view antibody_evidence as
with interpreted_test as (
    select
        antibody_test.patient_id,
        antibody_test.sampled_on,
        antibody_test.subject,
        antibody_test.file,
        antibody_test.row_number,
        antibody_test.method || coalesce(' ' || antibody_test.specificity, '') as detail,
        case
            when
                antibody_test.result = 'positive'
                and upper(antibody_test.specificity) like '%HLA%'
                and upper(antibody_test.specificity) not like '%HNA%'
                then 'hla_only'
            else antibody_test.result
        end as result
    from antibody_test
)

select
    episode_window.patient_id,
    episode_window.episode_number,
    case
        when interpreted_test.subject = 'patient' then 'antibody_' || interpreted_test.result
        when interpreted_test.result = 'positive' then 'maternal_antibody'
        else 'maternal_negative'
    end as evidence,
    coalesce(contradicted_end.contradicted_on, interpreted_test.sampled_on) as known_on,
    interpreted_test.detail,
    'antibody_test' as table_name,
    interpreted_test.file,
    interpreted_test.row_number
from episode_window
inner join interpreted_test
    on episode_window.patient_id = interpreted_test.patient_id
left join contradicted_end
    on
        episode_window.child_number = contradicted_end.child_number
        and interpreted_test.subject = 'patient'
        and episode_window.onset_by < interpreted_test.sampled_on
        and interpreted_test.sampled_on > contradicted_end.antibody_to
        and interpreted_test.sampled_on < contradicted_end.contradicted_on
where
    (interpreted_test.subject = 'mother' and interpreted_test.result in ('positive', 'negative'))
    or (
        interpreted_test.subject = 'patient'
        and interpreted_test.sampled_on >= episode_window.antibody_from
        and interpreted_test.sampled_on
        <= coalesce(episode_window.antibody_to, interpreted_test.sampled_on)
    );
