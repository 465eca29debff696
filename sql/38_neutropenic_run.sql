-- neutropenic_run: one row per maximal run of neutropenic counts, with the key of its child.
-- Reads: unresolved_run, telling_count, patient.
-- Key: (patient_id, run_number).
-- Rule: for whoever wants to see how an episode came about; nothing reads it.
create or replace view neutropenic_run as
with lowest as (
    select
        unresolved_run.child_number,
        unresolved_run.run_number,
        min(telling_count.sampled_on) as nadir_on
    from unresolved_run
    inner join telling_count
        on
            unresolved_run.child_number = telling_count.child_number
            and unresolved_run.nadir = telling_count.anc
            and unresolved_run.first_on <= telling_count.sampled_on
            and unresolved_run.last_unresolved_on >= telling_count.sampled_on
    where not telling_count.is_normal
    group by unresolved_run.child_number, unresolved_run.run_number
)

select
    patient.patient_id,
    unresolved_run.run_number,
    unresolved_run.stretch_number,
    unresolved_run.previous_on,
    unresolved_run.first_on,
    unresolved_run.last_on,
    unresolved_run.n_neutropenic,
    unresolved_run.last_unresolved_on,
    unresolved_run.nadir,
    lowest.nadir_on,
    case
        when unresolved_run.enough_on is not null then 'confirmed'
        when unresolved_run.normal_from is not null then 'uncontradicted'
    end as end_kind,
    unresolved_run.normal_from,
    unresolved_run.normal_to,
    unresolved_run.last_observed_on
from unresolved_run
inner join lowest
    on
        unresolved_run.child_number = lowest.child_number
        and unresolved_run.run_number = lowest.run_number
inner join patient on unresolved_run.child_number = patient.child_number;
