-- specimen: one row per specimen, with the way in which its neutrophil count is known.
-- Reads: specimen_role, definition.
-- Key: (child_number, specimen_key).
-- Rule: an absolute count is preferred; else white cells times segmented and band forms, or
-- times all neutrophils; else absolute segmented and band forms together; else white cells without
-- the other four lines; else granulocytes. All from one specimen; parts that make up more than the
-- whole are no count.
create or replace view specimen as
with measure as (
    select
        specimen_role.child_number,
        specimen_role.specimen_key,
        min(case when specimen_role.role = 'anc' then specimen_role.best_rank end) as anc_rank,
        max(case when specimen_role.role = 'wbc' then specimen_role.amount end) as wbc,
        max(case when specimen_role.role = 'neutrophil_share' then specimen_role.amount end) as neutrophils,
        max(
            case when specimen_role.role = 'neutrophil_share' then specimen_role.whole end
        ) as neutrophil_whole,
        max(case when specimen_role.role = 'segment_share' then specimen_role.amount end) as segment_share,
        max(case when specimen_role.role = 'band_share' then specimen_role.amount end) as band_share,
        max(case when specimen_role.role = 'segment_share' then specimen_role.whole end) as segment_whole,
        max(case when specimen_role.role = 'segments' then specimen_role.amount end) as segments,
        max(case when specimen_role.role = 'bands' then specimen_role.amount end) as bands,
        max(case when specimen_role.role = 'lymphocytes' then specimen_role.amount end)
        + max(case when specimen_role.role = 'monocytes' then specimen_role.amount end)
        + max(case when specimen_role.role = 'eosinophils' then specimen_role.amount end)
        + max(case when specimen_role.role = 'basophils' then specimen_role.amount end) as other_lines,
        max(case when specimen_role.role = 'granulocytes' then specimen_role.amount end) as granulocytes
    from specimen_role
    group by specimen_role.child_number, specimen_role.specimen_key
),

computed as (
    select
        measure.*,
        case
            when measure.segment_share + measure.band_share <= measure.segment_whole
                then measure.wbc * (measure.segment_share + measure.band_share) / measure.segment_whole
        end as from_forms,
        measure.wbc * measure.neutrophils / measure.neutrophil_whole as from_share,
        measure.segments + measure.bands as from_counts,
        round(measure.wbc - measure.other_lines, definition.anc_decimals) as difference,
        definition.anc_decimals
    from measure
    cross join definition
)

select
    computed.child_number,
    computed.specimen_key,
    computed.anc_rank,
    round(
        coalesce(
            computed.from_forms,
            computed.from_share,
            computed.from_counts,
            case when computed.difference >= 0 then abs(computed.difference) end,
            case when computed.anc_rank is null then computed.granulocytes end
        ),
        computed.anc_decimals
    ) as computed_anc,
    case
        when computed.anc_rank is not null then 'absolute'
        when computed.from_forms is not null then 'wbc_segments_and_bands'
        when computed.from_share is not null then 'wbc_neutrophil_percent'
        when computed.from_counts is not null then 'segments_and_bands'
        when computed.difference >= 0 then 'wbc_minus_others'
        when computed.granulocytes is not null then 'granulocytes'
    end as anc_source,
    coalesce(
        computed.difference >= 0 or (computed.difference < 0 and computed.granulocytes is null), false
    ) as is_difference
from computed;
