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
        lag(telling_count.is_neutropenic) over in_time as was_neutropenic,
        lag(telling_count.next_on) over in_time as normal_before_from,
        coalesce(lag(telling_count.is_last) over in_time, true) as is_first,
        lead(telling_count.ordinal) over in_time as ordinal_after,
        lead(telling_count.is_normal) over in_time as is_tail,
        case
            when lead(telling_count.is_normal) over in_time
                then lead(telling_count.sampled_on) over in_time
            else lead(telling_count.previous_on) over in_time
        end as normal_to,
        min(case when telling_count.is_last then telling_count.sampled_on end) over still_to_come
            as last_observed_on,
        max(telling_count.sampled_on) over still_to_come as last_of_all_on
    from telling_count
    where not telling_count.is_normal or telling_count.is_last
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
        end as n_normal
    from beside
    where not beside.is_normal
),

judged as (
    select
        counted.*,
        coalesce(
            counted.n_normal_before >= definition.resolution_counts
            and date_diff('day', counted.normal_before_from, counted.previous_on)
            >= definition.resolution_days,
            false
        ) as is_after_resolution,
        counted.n_normal >= definition.resolution_counts
        and date_diff('day', counted.next_on, counted.normal_to) >= definition.resolution_days
            as is_confirmed,
        counted.is_tail and not counted.is_last and definition.unconfirmed_end = 'resolve'
            as ends_unconfirmed
    from counted
    cross join definition
)

select
    judged.child_number,
    judged.sampled_on,
    judged.anc,
    judged.is_neutropenic,
    judged.ordinal,
    judged.previous_on,
    judged.is_first or judged.is_after_resolution as begins_stretch,
    judged.is_neutropenic
    and (judged.is_first or judged.n_normal_before > 0 or not judged.was_neutropenic) as begins_run,
    judged.is_confirmed,
    judged.is_confirmed or judged.ends_unconfirmed as is_resolved,
    judged.next_on,
    judged.normal_to,
    judged.enough_on,
    judged.last_observed_on,
    judged.last_observed_on < judged.last_of_all_on as is_before_silence
from judged;
