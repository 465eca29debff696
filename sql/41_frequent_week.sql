-- frequent_week: one row per episode, count that many counts follow, and week from it on.
-- Reads: unmasked_day, definition, episode_window.
-- Key: (patient_id, episode_number, from_on, week_number).
-- Rule: unmasked counts from the onset to the end of the episode are asked. A count is a start
-- when as many counts as a cycle needs lie in the weeks from it on; the join on ordinals finds
-- them without comparing every count with every other.
create or replace view frequent_week as
with episode_count as (
    select
        episode_window.patient_id,
        episode_window.episode_number,
        unmasked_day.sampled_on,
        cast(unmasked_day.sampled_on + interval 1 week as date) as week_after,
        cast(unmasked_day.sampled_on + interval 1 week * definition.cycle_weeks as date) as before_on,
        definition.cycle_weeks * definition.cycle_counts_per_week - 1 as n_needed_later,
        row_number() over (
            partition by episode_window.patient_id, episode_window.episode_number
            order by unmasked_day.sampled_on
        ) as ordinal
    from episode_window
    inner join unmasked_day
        on
            episode_window.child_number = unmasked_day.child_number
            and episode_window.onset_by <= unmasked_day.sampled_on
            and coalesce(episode_window.resolution_by, episode_window.last_unresolved_on)
            >= unmasked_day.sampled_on
    cross join definition
    where episode_window.n_counts >= definition.cycle_weeks * definition.cycle_counts_per_week
),

numbered_by_week as (
    select
        first_count.patient_id,
        first_count.episode_number,
        first_count.sampled_on as from_on,
        later_count.sampled_on,
        cast(floor(
            date_diff('day', first_count.sampled_on, later_count.sampled_on)
            / date_diff('day', first_count.sampled_on, first_count.week_after)
        ) as integer) as week_number
    from episode_count as first_count
    inner join episode_count as needed_count
        on
            first_count.patient_id = needed_count.patient_id
            and first_count.episode_number = needed_count.episode_number
            and first_count.ordinal + first_count.n_needed_later = needed_count.ordinal
            and first_count.before_on > needed_count.sampled_on
    inner join episode_count as later_count
        on
            first_count.patient_id = later_count.patient_id
            and first_count.episode_number = later_count.episode_number
            and first_count.sampled_on <= later_count.sampled_on
            and first_count.before_on > later_count.sampled_on
),

numbered_in_week as (
    select
        numbered_by_week.*,
        row_number() over (
            partition by
                numbered_by_week.patient_id, numbered_by_week.episode_number,
                numbered_by_week.from_on, numbered_by_week.week_number
            order by numbered_by_week.sampled_on
        ) as number_in_week
    from numbered_by_week
)

select
    numbered_in_week.patient_id,
    numbered_in_week.episode_number,
    numbered_in_week.from_on,
    numbered_in_week.week_number,
    min(
        case
            when numbered_in_week.number_in_week = definition.cycle_counts_per_week
                then numbered_in_week.sampled_on
        end
    ) as enough_on,
    cast(count(*) as integer) as n_counts
from numbered_in_week
cross join definition
group by
    numbered_in_week.patient_id,
    numbered_in_week.episode_number,
    numbered_in_week.from_on,
    numbered_in_week.week_number;
