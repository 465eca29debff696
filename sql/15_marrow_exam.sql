-- marrow_exam: one row per examination of the bone marrow.
-- Reads: marrow_exam_fate.
-- Key: (file, row_number).
-- Rule: rows whose fate is used.
create or replace view marrow_exam as
select
    marrow_exam_fate.patient_id,
    marrow_exam_fate.examined_on,
    lower(marrow_exam_fate.cellularity) as cellularity,
    case
        when lower(marrow_exam_fate.segmented_reduced) in ('yes', 'true') then 'yes'
        when lower(marrow_exam_fate.segmented_reduced) in ('no', 'false') then 'no'
        else 'unknown'
    end as segmented_reduced,
    marrow_exam_fate.file,
    marrow_exam_fate.row_number
from marrow_exam_fate
where marrow_exam_fate.fate = 'used';
