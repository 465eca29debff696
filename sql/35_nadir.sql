-- nadir: one row per episode, with its lowest count and the first day of it.
-- Reads: episode_span, telling_count.
-- Key: (child_number, stretch_number).
-- Rule: every count from the onset to the last unresolved one is asked. Only where limits rise again
-- with age can a count be normal on its day and yet the lowest.
create or replace view nadir as
with lower_normal as (
    select
        episode_span.child_number,
        episode_span.stretch_number,
        min(telling_count.anc) as anc
    from telling_count
    inner join episode_span
        on
            telling_count.child_number = episode_span.child_number
            and telling_count.sampled_on > episode_span.onset_by
            and telling_count.sampled_on < episode_span.last_unresolved_on
            and telling_count.anc < episode_span.lowest_unresolved
    where telling_count.is_normal
    group by episode_span.child_number, episode_span.stretch_number
),

lowest as (
    select
        episode_span.child_number,
        episode_span.stretch_number,
        episode_span.onset_by,
        episode_span.last_unresolved_on,
        coalesce(lower_normal.anc, episode_span.lowest_unresolved) as anc
    from episode_span
    left join lower_normal
        on
            episode_span.child_number = lower_normal.child_number
            and episode_span.stretch_number = lower_normal.stretch_number
)

select
    lowest.child_number,
    lowest.stretch_number,
    lowest.anc as nadir,
    min(telling_count.sampled_on) as nadir_on
from telling_count
inner join lowest
    on
        telling_count.child_number = lowest.child_number
        and telling_count.anc = lowest.anc
        and telling_count.sampled_on >= lowest.onset_by
        and telling_count.sampled_on <= lowest.last_unresolved_on
group by lowest.child_number, lowest.stretch_number, lowest.anc;
