-- duffy_counts: one row per episode and what its counts say of the Duffy antigen.
-- Reads: definition, episode_window, telling_count, unmasked_day, count_below_duffy.
-- Key: none.
-- Rule: by counts alone, never by ancestry. Enough of them over enough time, each in a narrow band, are
-- a stable mild pattern, known on an unresolved count (our choice); a count below speaks against it.
create or replace view duffy_counts as
with not_low_before as (
    select
        episode_window.patient_id,
        episode_window.child_number,
        episode_window.episode_number,
        episode_window.onset_by,
        episode_window.last_unresolved_on,
        count_below_duffy.known_on as low_on
    from episode_window
    cross join definition
    left join count_below_duffy
        on
            episode_window.patient_id = count_below_duffy.patient_id
            and episode_window.episode_number = count_below_duffy.episode_number
    where
        date_diff('day', episode_window.onset_by, episode_window.last_unresolved_on)
        >= definition.duffy_pattern_days
        and (
            date_diff('day', episode_window.onset_by, count_below_duffy.known_on)
            > definition.duffy_pattern_days
            or count_below_duffy.known_on is null
        )
),

mild_so_far as (
    select
        not_low_before.patient_id,
        not_low_before.episode_number,
        unmasked_day.sampled_on,
        telling_count.is_normal,
        count(*) over so_far >= definition.duffy_pattern_counts
        and date_diff('day', not_low_before.onset_by, unmasked_day.sampled_on)
        >= definition.duffy_pattern_days as is_enough,
        max(unmasked_day.anc) over so_far < definition.duffy_anc_below as is_mild
    from not_low_before
    cross join definition
    inner join unmasked_day
        on
            not_low_before.child_number = unmasked_day.child_number
            and not_low_before.onset_by <= unmasked_day.sampled_on
            and not_low_before.last_unresolved_on >= unmasked_day.sampled_on
    left join telling_count
        on
            unmasked_day.child_number = telling_count.child_number
            and unmasked_day.sampled_on = telling_count.sampled_on
    where not_low_before.low_on > unmasked_day.sampled_on or not_low_before.low_on is null
    window
        so_far as (
            partition by not_low_before.patient_id, not_low_before.episode_number
            order by unmasked_day.sampled_on
        )
),

fact as (
    select
        count_below_duffy.patient_id,
        count_below_duffy.episode_number,
        'count_below_duffy' as evidence,
        count_below_duffy.known_on
    from count_below_duffy
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
