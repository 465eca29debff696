-- unresolved_count: one row per neutropenic or between count, with the normal run after it.
-- Reads: telling_count, definition.
-- Key: (child_number, sampled_on).
-- Rule: a normal run that is long enough in counts and in days resolves; so does the last run of
-- an observation, if the definition says so. A count after a resolving run, or the first of its
-- observation, begins a new stretch.
create or replace view unresolved_count as
with beside as (
    select
        telling_count.*,
        lag(telling_count.ordinal) over in_time as ordinal_before,
        lag(telling_count.state) over in_time as state_before,
        lag(telling_count.next_on) over in_time as normal_before_from,
        coalesce(lag(telling_count.is_last) over in_time, true) as is_first,
        lead(telling_count.ordinal) over in_time as ordinal_after,
        lead(telling_count.state = 'normal') over in_time as is_tail,
        case
            when lead(telling_count.state = 'normal') over in_time
                then lead(telling_count.sampled_on) over in_time
            else lead(telling_count.previous_on) over in_time
        end as normal_to,
        min(case when telling_count.is_last then telling_count.sampled_on end) over still_to_come
            as last_observed_on,
        max(telling_count.sampled_on) over still_to_come as last_of_all_on
    from telling_count
    where telling_count.state <> 'normal' or telling_count.is_last
    window
        in_time as (partition by telling_count.child_number order by telling_count.sampled_on),
        still_to_come as (
            partition by telling_count.child_number order by telling_count.sampled_on
            rows between current row and unbounded following
        )
),

counted as (
    select
        beside.*,
        case when not beside.is_first then beside.ordinal - beside.ordinal_before - 1 end as n_normal_before,
        case
            when beside.is_last then 0
            when beside.is_tail then beside.ordinal_after - beside.ordinal
            else beside.ordinal_after - beside.ordinal - 1
        end as n_normal,
        definition.resolution_counts,
        definition.resolution_days,
        definition.unconfirmed_end
    from beside
    cross join definition
    where beside.state <> 'normal'
),

judged as (
    select
        counted.*,
        coalesce(
            counted.n_normal_before >= counted.resolution_counts
            and date_diff('day', counted.normal_before_from, counted.previous_on) >= counted.resolution_days,
            false
        ) as is_after_resolution,
        counted.n_normal >= counted.resolution_counts
        and date_diff('day', counted.next_on, counted.normal_to) >= counted.resolution_days as is_confirmed
    from counted
)

select
    judged.child_number,
    judged.sampled_on,
    judged.anc,
    judged.state,
    judged.ordinal,
    judged.previous_on,
    judged.is_first or judged.is_after_resolution as begins_stretch,
    judged.state = 'neutropenic'
    and (judged.is_first or judged.n_normal_before > 0 or judged.state_before <> 'neutropenic')
        as begins_run,
    case
        when judged.is_confirmed then 'confirmed'
        when judged.is_tail and not judged.is_last and judged.unconfirmed_end = 'resolve'
            then 'uncontradicted'
    end as end_kind,
    case when judged.n_normal > 0 then judged.next_on end as normal_from,
    case when judged.n_normal > 0 then judged.normal_to end as normal_to,
    judged.enough_on,
    judged.last_observed_on,
    judged.last_observed_on < judged.last_of_all_on as is_before_silence
from judged;
