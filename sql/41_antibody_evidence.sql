-- antibody_evidence: one row per episode and antibody test that speaks of it.
-- Reads: antibody_test, episode_window.
-- Key: none.
-- Rule: a test of the child speaks of an episode within its antibody window; a positive test of
-- the mother speaks of every episode of her child, whenever it was made. An antibody against HLA
-- alone interferes with the test (hna_specificities.csv), so a positive result with it is
-- indeterminate (our choice); a specificity that also names HNA is positive.
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
                then 'indeterminate'
            else antibody_test.result
        end as result
    from antibody_test
)

select
    episode_window.patient_id,
    episode_window.episode_number,
    case interpreted_test.subject
        when 'mother' then 'maternal_antibody'
        else 'antibody_' || interpreted_test.result
    end as evidence,
    interpreted_test.sampled_on as known_on,
    interpreted_test.detail,
    'antibody_test' as table_name,
    interpreted_test.file,
    interpreted_test.row_number
from episode_window
inner join interpreted_test
    on episode_window.patient_id = interpreted_test.patient_id
where
    (interpreted_test.subject = 'mother' and interpreted_test.result = 'positive')
    or (
        interpreted_test.subject = 'patient'
        and interpreted_test.sampled_on >= episode_window.antibody_from
        and interpreted_test.sampled_on
        <= coalesce(episode_window.antibody_to, interpreted_test.sampled_on)
    );
