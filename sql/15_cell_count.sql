-- cell_count: one row per sound count of another blood cell line, beside the neutrophils.
-- Reads: lab_row, child, extract_info.
-- Key: (file, row_number).
-- Rule: haemoglobin and platelets with a value, a unit and a day; others are left out without a
-- word, because the fate of such a row is other_analyte. So is one of which only a limit is known.
create or replace view cell_count as
select
    child.patient_id,
    lab_row.sampled_on,
    lab_row.role,
    lab_row.amount as value,
    lab_row.file,
    lab_row.row_number
from lab_row
cross join extract_info
inner join child on lab_row.child_number = child.child_number and child.is_usable
where
    lab_row.role in ('hemoglobin', 'platelets')
    and not lab_row.is_below_detection
    and lab_row.amount >= 0
    and not isinf(lab_row.amount)
    and lab_row.sampled_on >= child.birth_date
    and lab_row.sampled_on <= extract_info.extracted_on;
