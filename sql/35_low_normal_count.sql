-- low_normal_count: one row per episode in which a normal count is as low as the nadir.
-- Reads: episode_span, telling_count.
-- Key: (child_number, stretch_number).
-- Rule: only where limits rise again with age can a count be normal on its day and yet the lowest
-- of its episode.
create or replace view low_normal_count as
with inside as (
    select
        episode_span.child_number,
        episode_span.stretch_number,
        telling_count.sampled_on,
        telling_count.anc,
        min(telling_count.anc) over (
            partition by episode_span.child_number, episode_span.stretch_number
        ) as lowest
    from telling_count
    inner join episode_span
        on
            telling_count.child_number = episode_span.child_number
            and telling_count.sampled_on > episode_span.onset_by
            and telling_count.sampled_on < episode_span.last_unresolved_on
            and telling_count.anc <= episode_span.nadir
    where telling_count.state = 'normal'
)

select
    inside.child_number,
    inside.stretch_number,
    inside.lowest as nadir,
    min(inside.sampled_on) as nadir_on
from inside
where inside.anc = inside.lowest
group by inside.child_number, inside.stretch_number, inside.lowest;
