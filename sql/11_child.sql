-- child: one row per key in the patient table, usable or not.
-- Reads: patient_fate.
-- Key: (patient_id).
-- Rule: a key is usable when one of its rows is used. `child_number` stands for the key where many
-- rows are sorted.
create or replace view child as
select
    patient_fate.patient_id,
    cast(row_number() over (order by patient_fate.patient_id) as integer) as child_number,
    bool_or(patient_fate.fate = 'used') as is_usable,
    max(case when patient_fate.fate = 'used' then patient_fate.birth_date end) as birth_date
from patient_fate
where patient_fate.patient_id is not null
group by patient_fate.patient_id;
