-- duffy_counts: one row per episode and what its counts say of the Duffy antigen.
-- Reads: definition, episode_window, telling_count, unmasked_day.
-- Key: none.
-- Rule: the first unresolved count below what Duffy-null children have speaks against it. Enough
-- counts over enough time, every one of them in a narrow band, are a stable mild pattern, known on
-- an unresolved count (our choice). Ancestry is never asked.
create or replace view duffy_counts as
with low_for_duffy as (
    select
        episode_window.patient_id,
        episode_window.episode_number,
        min(telling_count.sampled_on) as known_on
    from episode_window
    inner join telling_count on episode_window.child_number = telling_count.child_number
    cross join definition
    where
        telling_count.anc < definition.duffy_anc_at_least
        and not telling_count.is_normal
        and telling_count.sampled_on >= episode_window.onset_by
        and telling_count.sampled_on <= episode_window.last_unresolved_on
    group by episode_window.patient_id, episode_window.episode_number
),

mild_so_far as (
    select
        episode_window.patient_id,
        episode_window.episode_number,
        unmasked_day.sampled_on,
        telling_count.is_normal,
        episode_window.onset_by + interval 1 day * definition.duffy_pattern_days as stable_on,
        count(*) over so_far >= definition.duffy_pattern_counts as is_enough,
        max(unmasked_day.anc) over so_far < definition.duffy_anc_below as is_mild
    from episode_window
    cross join definition
    inner join unmasked_day
        on
            episode_window.child_number = unmasked_day.child_number
            and episode_window.onset_by <= unmasked_day.sampled_on
            and episode_window.last_unresolved_on >= unmasked_day.sampled_on
    left join low_for_duffy
        on
            episode_window.patient_id = low_for_duffy.patient_id
            and episode_window.episode_number = low_for_duffy.episode_number
    left join telling_count
        on
            unmasked_day.child_number = telling_count.child_number
            and unmasked_day.sampled_on = telling_count.sampled_on
    where
        episode_window.last_unresolved_on
        >= episode_window.onset_by + interval 1 day * definition.duffy_pattern_days
        and (low_for_duffy.known_on > unmasked_day.sampled_on or low_for_duffy.known_on is null)
    window
        so_far as (
            partition by episode_window.patient_id, episode_window.episode_number
            order by unmasked_day.sampled_on
        )
),

fact as (
    select
        low_for_duffy.patient_id,
        low_for_duffy.episode_number,
        'count_below_duffy' as evidence,
        low_for_duffy.known_on
    from low_for_duffy
    union all
    select
        mild_so_far.patient_id,
        mild_so_far.episode_number,
        'duffy_pattern' as evidence,
        min(mild_so_far.sampled_on) as known_on
    from mild_so_far
    where
        not mild_so_far.is_normal
        and mild_so_far.is_enough
        and mild_so_far.is_mild
        and mild_so_far.sampled_on >= mild_so_far.stable_on
    group by mild_so_far.patient_id, mild_so_far.episode_number
)

select
    fact.patient_id,
    fact.episode_number,
    fact.evidence,
    fact.known_on,
    'neutrophil counts' as detail,
    'lab_result' as table_name,
    cast(null as varchar) as file,
    cast(null as bigint) as row_number
from fact;
