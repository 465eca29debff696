-- drug_outcome: one row per episode after a culprit drug, with what followed the drug's end.
-- Reads: definition, drug_evidence, episode, episode_window, extract_info, telling_count, treatment.
-- Key: (patient_id, episode_number).
-- Rule: a confirmed resolution from the end of a culprit drug to so many days later is recovery
-- after it. One under the drug, and a count that is still not normal later than that, speak against
-- it; against all of them, they speak against drugs. A course is known to have ended on the day
-- after its last; of one dose nobody knows whether more followed, so it is never spoken against.
create or replace view drug_outcome as
with culprit as (
    select
        drug_evidence.patient_id,
        drug_evidence.episode_number,
        episode_window.child_number,
        drug_evidence.file,
        drug_evidence.row_number,
        episode_window.last_unresolved_on,
        episode.resolution_by,
        episode.confirmed_on,
        treatment.ended_on,
        treatment.ended_on > treatment.started_on as is_course,
        treatment.ended_on < extract_info.extracted_on as is_stopped,
        cast(treatment.ended_on + interval 1 day as date) as stopped_on,
        treatment.ended_on + interval 1 day * definition.drug_recovery_days as recovered_to
    from drug_evidence
    inner join treatment
        on
            drug_evidence.file = treatment.file
            and drug_evidence.row_number = treatment.row_number
            and drug_evidence.detail = treatment.code || ' ' || treatment.role
    inner join episode_window
        on
            drug_evidence.patient_id = episode_window.patient_id
            and drug_evidence.episode_number = episode_window.episode_number
    inner join episode
        on
            drug_evidence.patient_id = episode.patient_id
            and drug_evidence.episode_number = episode.episode_number
    cross join definition
    cross join extract_info
    where drug_evidence.evidence = 'culprit_drug'
),

judged as (
    select
        culprit.patient_id,
        culprit.episode_number,
        culprit.file,
        culprit.row_number,
        max(
            case
                when
                    culprit.is_stopped
                    and culprit.confirmed_on is not null
                    and culprit.resolution_by >= culprit.ended_on
                    and culprit.resolution_by <= culprit.recovered_to
                    then greatest(culprit.confirmed_on, culprit.stopped_on)
            end
        ) as recovered_on,
        min(
            case
                when
                    culprit.is_course
                    and culprit.confirmed_on is not null
                    and culprit.resolution_by < culprit.ended_on
                    then greatest(culprit.confirmed_on, cast(culprit.resolution_by + interval 1 day as date))
                when culprit.is_course then telling_count.sampled_on
            end
        ) as excluded_on
    from culprit
    left join telling_count
        on
            culprit.child_number = telling_count.child_number
            and culprit.recovered_to < telling_count.sampled_on
            and culprit.last_unresolved_on >= telling_count.sampled_on
            and not telling_count.is_normal
    group by culprit.patient_id, culprit.episode_number, culprit.file, culprit.row_number
)

select
    judged.patient_id,
    judged.episode_number,
    min(judged.recovered_on) as recovered_on,
    case when count(*) = count(judged.excluded_on) then max(judged.excluded_on) end as excluded_on
from judged
group by judged.patient_id, judged.episode_number;
