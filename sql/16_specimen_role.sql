-- specimen_role: one row per specimen and kind of measure that it was given.
-- Reads: lab_measure.
-- Key: (child_number, specimen_key, role).
-- Rule: the best method stands for the measure. Two different values by one method are no
-- value to compute with, because nothing says which of them belongs to the others.
create or replace view specimen_role as
with best as (
    select
        lab_measure.child_number,
        lab_measure.specimen_key,
        lab_measure.role,
        lab_measure.method_rank,
        lab_measure.amount,
        lab_measure.whole,
        min(lab_measure.method_rank) over same_measure as best_rank
    from lab_measure
    where not lab_measure.is_duplicate
    window same_measure as (
        partition by lab_measure.child_number, lab_measure.specimen_key, lab_measure.role
    )
)

select
    best.child_number,
    best.specimen_key,
    best.role,
    best.best_rank,
    max(best.whole) as whole,
    case when min(best.amount) = max(best.amount) then min(best.amount) end as amount
from best
where best.method_rank = best.best_rank
group by best.child_number, best.specimen_key, best.role, best.best_rank;
