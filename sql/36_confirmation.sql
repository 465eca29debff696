-- confirmation: one row per episode whose resolving run had enough counts before it had lasted
-- long enough, with the count that confirmed it.
-- Reads: episode_span, telling_count, definition.
-- Key: (child_number, stretch_number).
-- Rule: the first count of the run that is far enough in days from its first; the count before it
-- is the first of the run or came soon after another, so it tells.
create or replace view confirmation as
with awaiting as (
    select
        episode_span.child_number,
        episode_span.stretch_number,
        episode_span.enough_on,
        episode_span.resolution_by,
        cast(episode_span.resolution_by + interval 1 day * definition.resolution_days as date) as from_on
    from episode_span
    cross join definition
    where episode_span.end_kind = 'confirmed'
)

select
    awaiting.child_number,
    awaiting.stretch_number,
    telling_count.next_on as confirmed_on
from telling_count
inner join awaiting
    on
        telling_count.child_number = awaiting.child_number
        and telling_count.sampled_on >= awaiting.resolution_by
        and telling_count.sampled_on < awaiting.from_on
        and telling_count.next_on >= awaiting.from_on
where awaiting.enough_on < awaiting.from_on;
