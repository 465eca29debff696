-- cycle_evidence: one row per episode and fact about a cycle of its counts.
-- Reads: definition, dense_count.
-- Key: (patient_id, episode_number, evidence).
-- Rule: a nadir is the first of consecutive severe counts; three nadirs in a row at the distances
-- of a cycle are regular (our choice), known on the third, and not before the weeks of frequent
-- counts held enough. Both are known on an unresolved count of such weeks. The periodogram, which
-- also tells a cycle, is beyond SQL.
create or replace view cycle_evidence as
with nadir as (
    select
        dense_count.patient_id,
        dense_count.episode_number,
        dense_count.sampled_on,
        dense_count.dense_on,
        dense_count.anc < definition.severe_below as is_severe,
        coalesce(lag(dense_count.anc) over in_order < definition.severe_below, false) as was_severe
    from dense_count
    cross join definition
    window
        in_order as (
            partition by dense_count.patient_id, dense_count.episode_number
            order by dense_count.sampled_on
        )
),

judged as (
    select
        nadir.patient_id,
        nadir.episode_number,
        nadir.sampled_on,
        nadir.dense_on,
        coalesce(
            date_diff('day', lag(nadir.sampled_on) over in_order, nadir.sampled_on)
            between definition.cycle_min_days and definition.cycle_max_days,
            false
        ) as is_regular
    from nadir
    cross join definition
    where nadir.is_severe and not nadir.was_severe
    window
        in_order as (partition by nadir.patient_id, nadir.episode_number order by nadir.sampled_on)
),

fact as (
    select
        dense_count.patient_id,
        dense_count.episode_number,
        'dense_counts' as evidence,
        dense_count.dense_on as known_on
    from dense_count
    union all
    select
        judged.patient_id,
        judged.episode_number,
        case
            when
                judged.is_regular and coalesce(lag(judged.is_regular) over in_order, false)
                then 'regular_nadirs'
        end as evidence,
        greatest(judged.sampled_on, judged.dense_on) as known_on
    from judged
    window
        in_order as (partition by judged.patient_id, judged.episode_number order by judged.sampled_on)
)

select
    fact.patient_id,
    fact.episode_number,
    fact.evidence,
    min(dense_count.sampled_on) as known_on,
    'neutrophil counts' as detail,
    'lab_result' as table_name,
    cast(null as varchar) as file,
    cast(null as bigint) as row_number
from fact
inner join dense_count
    on
        fact.patient_id = dense_count.patient_id
        and fact.episode_number = dense_count.episode_number
        and fact.known_on <= dense_count.sampled_on
where fact.evidence is not null and dense_count.is_unresolved
group by fact.patient_id, fact.episode_number, fact.evidence;
