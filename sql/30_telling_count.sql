-- telling_count: one row per child and unmasked day whose count may tell of an episode.
-- Reads: unmasked_day, ever_low_child, child_limit, plainly_normal, definition.
-- Key: (child_number, sampled_on).
-- Rule: two consecutive counts further apart than the longest silence split the observation. What
-- tells is a count that is not plainly normal, the last of an observation, and one before a long
-- silence. The others are known by the ordinals and the days beside them; by `enough_on` enough
-- counts for a resolution have followed.
create or replace view telling_count as
with in_order as (
    select
        unmasked_day.child_number,
        unmasked_day.sampled_on,
        unmasked_day.anc,
        row_number() over in_time as ordinal,
        lag(unmasked_day.sampled_on) over in_time as previous_on,
        lead(unmasked_day.sampled_on) over in_time as next_on,
        lead(unmasked_day.sampled_on, definition.resolution_counts) over in_time as enough_on
    from unmasked_day
    inner join ever_low_child on unmasked_day.child_number = ever_low_child.child_number
    cross join definition
    window in_time as (partition by unmasked_day.child_number order by unmasked_day.sampled_on)
),

telling as (
    select
        in_order.*,
        definition.max_silence_days
    from in_order
    cross join definition
    cross join plainly_normal
    where
        in_order.next_on is null
        or in_order.anc < plainly_normal.normal_from
        or date_diff('day', in_order.sampled_on, in_order.next_on)
        > least(definition.max_silence_days, definition.long_silence_days)
)

select
    telling.child_number,
    telling.sampled_on,
    telling.anc,
    telling.anc <= child_limit.neutropenic_to as is_neutropenic,
    telling.anc >= child_limit.normal_from as is_normal,
    telling.ordinal,
    case
        when date_diff('day', telling.previous_on, telling.sampled_on) > telling.max_silence_days then null
        else telling.previous_on
    end as previous_on,
    telling.next_on,
    telling.enough_on,
    telling.next_on is null
    or coalesce(date_diff('day', telling.sampled_on, telling.next_on) > telling.max_silence_days, false)
        as is_last
from telling
inner join child_limit
    on
        telling.child_number = child_limit.child_number
        and telling.sampled_on >= child_limit.from_on
        and (telling.sampled_on < child_limit.before_on or child_limit.before_on is null);
