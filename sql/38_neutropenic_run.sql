-- neutropenic_run: one row per maximal run of neutropenic counts, with the key of its child.
-- Reads: unresolved_run, patient.
-- Key: (patient_id, run_number).
-- Rule: for whoever wants to see how an episode came about; nothing reads it.
create or replace view neutropenic_run as
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
    unresolved_run.nadir_on,
    unresolved_run.end_kind,
    unresolved_run.normal_from,
    unresolved_run.normal_to,
    unresolved_run.last_observed_on
from unresolved_run
inner join patient on unresolved_run.child_number = patient.child_number;
