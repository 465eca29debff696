-- confirmation: one row per episode whose resolving run had enough counts before it had lasted
-- long enough, with the count that confirmed it.
-- Reads: episode_span, unmasked_day, definition.
-- Key: (child_number, stretch_number).
-- Rule: the first count of the run that is far enough in days from its first.
create or replace view confirmation as
with awaiting as (
    select
        episode_span.child_number,
        episode_span.stretch_number,
        episode_span.enough_on,
        episode_span.normal_to,
        cast(episode_span.resolution_by + interval 1 day * definition.resolution_days as date) as from_on
    from episode_span
    cross join definition
    where episode_span.enough_on is not null
)

select
    awaiting.child_number,
    awaiting.stretch_number,
    min(unmasked_day.sampled_on) as confirmed_on
from unmasked_day
inner join awaiting
    on
        unmasked_day.child_number = awaiting.child_number
        and unmasked_day.sampled_on >= awaiting.from_on
        and unmasked_day.sampled_on <= awaiting.normal_to
where awaiting.enough_on < awaiting.from_on
group by awaiting.child_number, awaiting.stretch_number;
