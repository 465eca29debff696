"""A chain of common table expressions, one a step, as a good writer of SQL would do it in DuckDB."""

from pathlib import Path

import duckdb

from benchmarks.episodes import rules
from benchmarks.episodes.peers.duck import connect, count, save

__all__ = ["count", "derive", "save"]

EPISODE = f"""
create table episode as
with daily as (
    select patient_id, sampled_on, min(anc) as anc
    from {{counts}}
    group by patient_id, sampled_on
),
judged as (
    select
        daily.*,
        anc < case
            when sampled_on < birth_date + interval {rules.BIRTHDAY_MONTHS} month
                then {rules.BEFORE_BIRTHDAY}
            else {rules.FROM_BIRTHDAY}
        end as is_low
    from daily inner join patient using (patient_id)
),
compared as (
    select
        *,
        lag(sampled_on) over in_time as previous_on,
        is_low is distinct from lag(is_low) over in_time as is_turn
    from judged
    window in_time as (partition by patient_id order by sampled_on)
),
numbered as (
    select *, sum(is_turn::integer) over in_time as run_number
    from compared
    window in_time as (partition by patient_id order by sampled_on rows unbounded preceding)
),
dated as (
    select
        *,
        min(sampled_on) over whole_run as run_from,
        min(anc) over whole_run as run_nadir
    from numbered
    window whole_run as (partition by patient_id, run_number)
),
run as (
    select
        patient_id,
        run_number,
        any_value(is_low) as is_low,
        min(sampled_on) as first_on,
        max(sampled_on) as last_on,
        min(previous_on) filter (where is_turn) as previous_on,
        min(sampled_on) filter (
            where not is_low and sampled_on >= run_from + {rules.RESOLUTION_DAYS}
        ) as confirmed_on,
        min(anc) as nadir,
        min(sampled_on) filter (where anc = run_nadir) as nadir_on,
        count(*) as n_counts
    from dated
    group by patient_id, run_number
),
stretched as (
    select
        *,
        max(last_on) over (partition by patient_id) as last_observed_on,
        lead(run_number) over in_time is null as is_last,
        count(confirmed_on) over in_time - (confirmed_on is not null)::integer as stretch_number
    from run
    window in_time as (partition by patient_id order by run_number rows unbounded preceding)
),
marked as (
    select
        *,
        not is_low and (confirmed_on is not null or is_last) as is_end,
        min(run_number) filter (where is_low) over stretch as onset_run,
        min(nadir) filter (where is_low) over stretch as low_nadir
    from stretched
    window stretch as (partition by patient_id, stretch_number)
),
found as (
    select
        patient_id,
        min(previous_on) filter (where run_number = onset_run) as onset_after,
        min(first_on) as onset_by,
        max(last_on) filter (where not is_end) as last_low_on,
        max(first_on) filter (where is_end) as resolution_by,
        max(confirmed_on) as confirmed_on,
        any_value(last_observed_on) as last_observed_on,
        any_value(low_nadir) as nadir,
        min(nadir_on) filter (where is_low and nadir = low_nadir) as nadir_on,
        sum(case when is_end then 1 else n_counts end)::integer as n_counts,
        (sum(n_counts) filter (where is_low))::integer as n_neutropenic
    from marked
    where run_number >= onset_run
    group by patient_id, stretch_number
)
select
    patient_id,
    row_number() over (partition by patient_id order by onset_by)::integer as episode_number,
    onset_after,
    onset_by,
    case when resolution_by is not null then last_low_on end as resolution_after,
    resolution_by,
    confirmed_on,
    case
        when confirmed_on is not null then 'confirmed'
        when resolution_by is not null then 'uncontradicted'
        else 'open'
    end as end_kind,
    resolution_by is not null as is_resolved,
    case when resolution_by is null then last_low_on end as censored_on,
    case
        when resolution_by is null then case when died_on is null then 'end_of_data' else 'death' end
    end as censoring_reason,
    last_observed_on,
    nadir,
    nadir_on,
    case
        when nadir < {rules.SEVERE_BELOW} then 'severe'
        when nadir < {rules.MODERATE_BELOW} then 'moderate'
        else 'mild'
    end as severity,
    case
        when coalesce(resolution_by, last_low_on) > onset_by + interval {rules.CHRONIC_MONTHS} month
            then 'chronic'
        when resolution_by is not null then 'transient'
        else 'undetermined'
    end as course,
    n_counts,
    n_neutropenic,
    onset_by - birth_date as age_at_onset_days
from found inner join patient using (patient_id)
"""


def derive(folder: Path, counts: str = "anc_result") -> duckdb.DuckDBPyConnection:
    """Run the chain."""
    connection = connect(folder)
    connection.execute(EPISODE.format(counts=counts))
    return connection
