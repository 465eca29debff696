-- plainly_normal: one row per definition, with the count from which on a child of any age is normal.
-- Reads: anc_band.
-- Key: none.
-- Rule: the highest of the bands.
create or replace view plainly_normal as
select max(anc_band.normal_from) as normal_from
from anc_band;
