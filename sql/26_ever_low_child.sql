-- ever_low_child: one row per child with a count that is not normal at every age.
-- Reads: anc_count, patient, plainly_normal.
-- Key: (child_number).
-- Rule: no other child can have an episode, so nothing else of it is looked at.
create or replace view ever_low_child as
select patient.child_number
from patient
where
    exists (
        select anc_count.anc
        from anc_count
        inner join plainly_normal on anc_count.anc < plainly_normal.normal_from
        where anc_count.child_number = patient.child_number
    );
