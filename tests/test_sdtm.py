"""CDISC SDTM: a registry written in it gives the same study, and each feature by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest

import ain_analytics as ain
from ain_analytics.errors import MissingTable
from ain_analytics.schema import RAW
from ain_analytics.synthetic.forms import sdtm

from .conftest import read_table

POINTERS = ("file", "row_number")


@pytest.fixture(scope="module", params=[(3, "xpt"), (4, "csv")], ids=["3-xpt", "4-csv"])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Any]]:
    """The same registry, natively and in SDTM."""
    seed, file_format = request.param
    made = ain.simulate(150, seed=seed)
    folder = tmp_path_factory.mktemp("sdtm")
    sdtm.write(made.tables, folder, made.extracted_on, file_format=file_format)
    with (
        ain.open_registry(made.tables, extracted_on=made.extracted_on) as native,
        ain.open_registry(folder) as found,
    ):
        assert found.extract.format.name == "sdtm"
        yield native, found


@pytest.mark.parametrize("table", ["patient", "episode", "daily_anc", "case_evidence", "antibody_test"])
def test_a_registry_written_in_sdtm_gives_the_same_rows(both: tuple[Any, Any], table: str) -> None:
    native, found = (without_pointers(one.frame(table)) for one in both)
    assert native.height > 0
    assert found.sort(found.columns).equals(native.sort(native.columns))


def without_pointers(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop([name for name in POINTERS if name in frame.columns])


def test_a_registry_written_in_sdtm_gives_the_same_classes_and_follow_up(both: tuple[Any, Any]) -> None:
    cases = [ain.classify(one) for one in both]
    assert cases[1].equals(cases[0])
    follow_ups = [ain.follow_up(one, case) for one, case in zip(both, cases, strict=True)]
    assert follow_ups[1].equals(follow_ups[0])


def test_a_registry_written_in_sdtm_has_the_same_fates(both: tuple[Any, Any]) -> None:
    native, found = (one.frame("row_fate").filter(pl.col("table_name").is_in(list(RAW))) for one in both)
    assert found.equals(native)


def test_every_record_of_every_domain_has_one_fate(both: tuple[Any, Any]) -> None:
    _, found = both
    sent = {}
    for file in found.extract.files:
        sent[file.path.name] = n_records(file.path)
    places = found.connection.sql("select file, row_number from raw_fate").pl()
    assert places.is_unique().all()
    counted = dict(places.group_by("file").len().rows())
    assert counted == {name: n for name, n in sent.items() if n}


def n_records(path: Path) -> int:
    if path.suffix == ".csv":
        return pl.read_csv(path, infer_schema=False).height
    return int(pyreadstat.read_xport(path, output_format="polars")[0].height)


DM = """
    usubjid | brthdtc    | sex
    P1      | 2018-01-01 | F
"""
LB = """
    usubjid | lbtestcd | lbdtc      | lborres | lborresu
    P1      | NEUT     | 2018-06-01 | 2.0     | 10^9/L
"""


@pytest.fixture
def send(tmp_path: Path) -> Iterator[Any]:
    """Write domains, given as tables between bars, and open them."""
    opened = []

    def sent(options: str = "", **domains: str) -> Any:
        for name, text in ({"dm": DM, "lb": LB} | domains).items():
            header, rows = read_table(text)
            frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String))
            frame.rename(str.upper).write_csv(tmp_path / f"{name}.csv")
        (tmp_path / "extract.toml").write_text(f"extracted_on = 2024-06-30\n{options}\n")
        opened.append(ain.open_registry(tmp_path))
        return opened[-1]

    yield sent
    for one in opened:
        one.close()


def rows_of(registry: Any, table: str, *columns: str) -> list[tuple[Any, ...]]:
    chosen = ", ".join(columns)
    return list(registry.connection.sql(f"select {chosen} from {table} order by file, row_number").fetchall())


def fates_of(registry: Any, table: str) -> dict[str, int]:
    rows = registry.frame("row_fate").filter(pl.col("table_name") == table)
    return dict(rows.select("fate", "n_rows").rows())


def test_a_birth_date_is_reckoned_from_the_age_where_it_is_missing(send: Any) -> None:
    # of the days of birth that fit the age, the middle: 9 completed months on 2018-12-15 fit births from
    # 2018-02-16 to 2018-03-15, middle 2018-02-28 (2018-03-15 less 15 days); 2 years fit 2015-12-16 to
    # 2016-12-15, middle 2016-06-15; 10 weeks fit 2018-09-30 to 2018-10-06, middle 2018-10-03
    registry = send(
        dm="""
        usubjid | brthdtc | age | ageu   | rfstdtc          | sex
        DAYS    |         | 14  | DAYS   | 2018-12-15       | F
        WEEKS   |         | 10  | WEEKS  | 2018-12-15       | F
        MONTHS  |         | 9   | MONTHS | 2018-12-15T08:00 | F
        YEARS   |         | 2   | YEARS  | 2018-12-15       | F
        HAS     | 2017-05 | 2   | YEARS  | 2018-12-15       | F
        NONE    |         | 2   |        | 2018-12-15       | F
        """,
        options='birth_date_precision = "year"',
    )
    assert rows_of(registry, "raw_patient", "patient_id", "birth_date") == [
        ("DAYS", "2018-12-01"),
        ("WEEKS", "2018-10"),
        ("MONTHS", "2018-02"),
        ("YEARS", "2016"),
        ("HAS", "2017-05"),
        ("NONE", None),
    ]
    assert fates_of(registry, "patient") == {"used": 5, "bad_birth_date": 1}


def test_dm_and_its_supplements_say_who_the_child_is(send: Any) -> None:
    registry = send(
        dm="""
        usubjid | brthdtc    | sex | race  | ethnic                 | rficdtc    | rfstdtc    | rfendtc    | rfpendtc         | dthdtc     | siteid | armcd
        P1      | 2018-01-01 | F   | WHITE | HISPANIC OR LATINO     | 2018-05-01 | 2018-06-01 | 2019-01-01 | 2019-06-01T11:45 |            | 7      | A
        P2      | 2018-01-01 | M   | OTHER | NOT HISPANIC OR LATINO |            | 2018-06-01 | 2019-01-01 |                  | 2020-01-01 | 7      | SCRNFAIL
        """,
        suppdm="""
        rdomain | usubjid | idvar | idvarval | qnam    | qval
        DM      | P2      |       |          | RACEOTH | Romani
        DM      | P2      |       |          | DUFFY   | null
        DM      | P2      |       |          | GESTWK  | 38
        DM      | P2      |       |          | RANDNO  | 17
        """,
    )
    columns = ("sex", "ancestry", "duffy_status", "gestational_weeks", "died_on", "site")
    found = registry.frame("patient").sort("patient_id")
    assert found.with_columns(pl.col("died_on").cast(pl.String)).select(columns).rows() == [
        ("female", "WHITE, HISPANIC OR LATINO", "unknown", None, None, "7"),
        ("male", "Romani", "null", 38, "2020-01-01", "7"),
    ]
    days = found.select(pl.col("enrolled_on", "last_contact_on").cast(pl.String)).rows()
    assert days == [("2018-05-01", "2019-06-01"), ("2018-06-01", "2019-01-01")]
    assert fates_of(registry, "supp") == {"context_only": 3, "not_of_use": 1}


def test_a_test_code_has_its_loinc_code_by_unit_and_method(send: Any) -> None:
    registry = send(
        lb="""
        usubjid | lbtestcd | lbdtc      | lborres | lborresu      | lbloinc | lbmethod         | lbspec | lbcat
        P1      | NEUT     | 2018-06-01 | 2.0     | 10^9/L        |         |                  |        | HEMATOLOGY
        P1      | NEUT     | 2018-06-02 | 2.0     | 10^9/L        |         | Automated Count  | BLOOD  |
        P1      | NEUT     | 2018-06-03 | 2.0     | 10^9/L        |         | MANUAL COUNT     | BLOOD  |
        P1      | NEUT     | 2018-06-04 | 40      | %             |         |                  | BLOOD  |
        P1      | NEUTLE   | 2018-06-04 | 0.4     | fraction of 1 |         |                  | BLOOD  |
        P1      | WBC      | 2018-06-04 | 5       | GI/L          |         |                  | BLOOD  |
        P1      | neutsgle | 2018-06-05 | 40      | %             |         |                  | BLOOD  |
        P1      | NEUTB    | 2018-06-05 | 0.1     | 10^9/L        |         |                  | BLOOD  |
        P1      | NEUTX    | 2018-06-06 | 2.0     | 10^9/L        | 751-8   |                  | BLOOD  |
        P1      | WBC      | 2018-06-06 | 5       | 10^9/L        |         |                  | URINE  |
        P1      | WBC      | 2018-06-07 | 5       | 10^9/L        |         |                  |        | URINALYSIS
        P1      | LOCALNEU | 2018-06-08 | 2.0     | 10^9/L        |         |                  | BLOOD  |
        P1      | ALB      | 2018-06-08 | 40      | g/L           |         |                  | SERUM  |
        """,
        options='[codes]\nLOCALNEU = "751-8"',
    )
    assert rows_of(registry, "raw_lab_result", "code", "code_system") == [
        ("26499-4", "LOINC"), ("751-8", "LOINC"), ("753-4", "LOINC"), ("26511-6", "LOINC"), ("71676-1", "LOINC"), ("26464-8", "LOINC"),
        ("26505-8", "LOINC"), ("26507-4", "LOINC"), ("751-8", "LOINC"), ("WBC", "LBTESTCD in URINE"),
        ("WBC", "LBTESTCD in URINALYSIS"), ("LOCALNEU", "LOINC"), ("ALB", "LBTESTCD in SERUM"),
    ]  # fmt: skip
    counts = registry.frame("daily_anc").select(pl.col("sampled_on").cast(pl.String), "anc").rows()
    assert counts == [(f"2018-06-0{day}", 2.0) for day in (1, 2, 3, 4, 6, 8)]  # on day 4: 5 × 0.4
    assert fates_of(registry, "lab_result")["other_analyte"] == 3


def test_the_result_of_the_laboratory_goes_before_the_standard_one(send: Any) -> None:
    registry = send(
        lb="""
        usubjid | lbtestcd | lbdtc            | lborres | lborresu | lbstresc | lbstresn | lbstresu | lbstat
        P1      | NEUT     | 2018-06-01T08:30 | 1200    | /uL      | 1.2      | 1.2      | 10^9/L   |
        P1      | NEUT     | 2018-06-02T08    |         |          | <0.1     |          | 10^9/L   |
        P1      | NEUT     | 2018-06-03T-:30  |         |          |          | 0.3      | 10^9/L   |
        P1      | NEUT     | 2018-06-04       | 0.4     |          | 0.4      | 0.4      | 10^9/L   |
        P1      | NEUT     | 2018-06-05       | 0.5     |          |          |          |          |
        P1      | NEUT     | 2018-06-06       |         |          |          |          |          | NOT DONE
        P1      | NEUT     | 2018-06          | 0.4     | 10^9/L   | 0.4      | 0.4      | 10^9/L   |
        """
    )
    counts = registry.frame("daily_anc").select(pl.col("sampled_on").cast(pl.String), "anc").rows()
    assert counts == [("2018-06-01", 1.2), ("2018-06-02", 0.1), ("2018-06-03", 0.3), ("2018-06-04", 0.4)]
    assert fates_of(registry, "lab_result") == {
        "used": 4, "missing_unit": 1, "missing_value": 1, "bad_date": 1,
    }  # fmt: skip
    assert registry.connection.sql("select unit from raw_lab_result where value = '1200'").fetchall() == [
        ("/uL",)
    ]


def test_a_domain_may_be_split_and_a_record_of_another_domain_is_not_of_use(send: Any) -> None:
    registry = send(
        lbch="""
        domain | usubjid | lbtestcd | lbdtc      | lborres | lborresu
        LB     | P1      | ALB      | 2018-06-01 | 40      | g/L
        XX     | P1      | NEUT     | 2018-06-09 | 0.2     | 10^9/L
        """,
        **{"lb1-b": LB.replace("2018-06-01", "2018-06-03")},
    )
    assert registry.frame("daily_anc").height == 2
    assert fates_of(registry, "lb") == {"not_of_use": 1}
    assert {file.table for file in registry.extract.files} == {"dm", "lb"}


def test_terms_of_events_have_a_code_by_supplement_or_list_or_none(send: Any) -> None:
    registry = send(
        ae="""
        domain | usubjid | aeseq | aeterm   | aedecod      | aestdtc          | aedtc
        AE     | P1      | 1     | ear ache | Otitis media | 2018-06-01T10:00 |
        AE     | P1      | 2     | tired    |              |                  | 2018-06-02
        """,
        mh="""
        domain | usubjid | mhseq | mhterm | mhdecod | mhoccur | mhstdtc
        MH     | P1      | 1     | AIN    |         |         | 2018-06-03
        MH     | P1      | 2     | Evans  |         | N       | 2018-06-04
        MH     | P1      | 3     | rash   | Rash    | Y       | 2018
        """,
        suppmh="""
        rdomain | usubjid | idvar | idvarval | qnam    | qval
        MH      | P1      | MHSEQ | 1.0      | MHICD10 | D70.8
        """,
    )
    assert rows_of(registry, "raw_diagnosis", "recorded_on", "code", "code_system") == [
        ("2018-06-01", "H66.9", "ICD-10"),
        ("2018-06-02", "tired", "MedDRA"),
        ("2018-06-03", "D70.8", "ICD-10"),
        ("2018", "Rash", "MedDRA"),
    ]
    assert fates_of(registry, "mh") == {"not_occurred": 1}
    assert fates_of(registry, "diagnosis") == {"used": 3, "bad_date": 1}


def test_drugs_have_a_code_by_supplement_or_class_or_name_unless_the_route_is_local(send: Any) -> None:
    registry = send(
        cm="""
        usubjid | cmseq | cmtrt    | cmdecod      | cmclascd | cmroute    | cmoccur | cmstdtc    | cmendtc    | cmenrtpt
        P1      | 1     | Neupogen | FILGRASTIM   |          |            |         | 2018-06-01 | 2018-06-03 |
        P1      | 2     | cream    | PREDNISOLONE |          | TOPICAL    |         | 2018-06-02 |            | ONGOING
        P1      | 3     | drops    | PREDNISOLONE | S01BA    | OPHTHALMIC |         | 2018-06-03 |            |
        P1      | 4     | pred     | PREDNISOLONE |          | ORAL       |         | 2018-06-04 |            | ONGOING
        P1      | 5     | Bactrim  |              |          |            |         | 2018-06-05 | 2018-07    |
        P1      | 6     | Neupogen | FILGRASTIM   |          |            | N       | 2018-06-06 |            |
        P1      | 7     | MTX      | METHOTREXATE | CARDIAC  |            |         | 2018-06-07 |            |
        """,
        ex="""
        usubjid | extrt      | exstdtc    | exendtc
        P1      | Filgrastim | 2018-08-01 | 2018-08-02
        """,
        suppcm="""
        rdomain | usubjid | idvar | idvarval | qnam   | qval
        CM      | P1      | CMSEQ | 5        | ATC4CD | J01EE
        CM      | P1      | CMSEQ | 5        | ATC5CD | J01EE01
        """,
    )
    assert rows_of(registry, "raw_treatment", "code", "code_system", "ended_on") == [
        ("L03AA02", "ATC", "2018-06-03"),
        ("PREDNISOLONE", "name", "2024-06-30"),
        ("S01BA", "ATC", None),
        ("H02AB06", "ATC", "2024-06-30"),
        ("J01EE01", "ATC", "2018-07"),
        ("METHOTREXATE", "name", None),
        ("L03AA02", "ATC", "2018-08-02"),
    ]
    assert fates_of(registry, "cm") == {"not_occurred": 1}
    assert fates_of(registry, "treatment") == {"used": 6, "bad_date": 1}


def test_antibodies_are_read_from_is_apis_and_lb(send: Any) -> None:
    registry = send(
        lb="""
        usubjid | lbtestcd | lbtest                        | lbdtc            | lborres | lborresu | lbloinc  | lbspec
        P1      | GIFT     | Granulocyte Antibody          | 2018-06-01T08:00 | POS     |          | 105286-9 | SERUM
        P1      | NEUT     | Neutrophils                   | 2018-06-01T08:00 | 0.4     | 10^9/L   |          | BLOOD
        """,
        **{"is": """
        usubjid | istestcd | istest                         | ismethod       | isbdagnt | isstresc  | isdtc      | isstat
        P1      | GRANAB   | Granulocyte Antibody           | MAIGA          | HNA-1a   | POSITIVE  | 2018-06-02 |
        P1      | AB       | Antibody                       | Flow Cytometry | HNA-2    | EQUIVOCAL | 2018-06-03 |
        P1      | ANCA     | Neutrophil Cytoplasmic Antibody| Flow Cytometry |          | POSITIVE  | 2018-06-04 |
        P1      | ADA      | Anti-Drug Antibody             | Flow Cytometry |          | POSITIVE  | 2018-06-05 |
        P1      | GRANAB   | Granulocyte Antibody           | GAT            |          | POSITIVE  | 2018-06-06 | NOT DONE
        """},
        apis="""
        apid | rsubjid | srel               | istest               | ismethod | isstresc | isdtc
        M1   | P1      | MOTHER, BIOLOGICAL | Granulocyte Antibody | GIFT     | NEGATIVE | 2017-12-01
        F1   | P1      | FATHER, BIOLOGICAL | Granulocyte Antibody | GIFT     | NEGATIVE | 2018-06-01
        """,
    )  # fmt: skip
    found = registry.frame("antibody_test").sort("sampled_on")
    columns = ("method", "result", "specificity", "subject")
    assert found.select(columns).cast(pl.String).rows() == [
        ("GIFT", "negative", None, "mother"),
        ("GIFT", "positive", None, "patient"),
        ("MAIGA", "positive", "HNA-1a", "patient"),
        ("flow", "indeterminate", "HNA-2", "patient"),
    ]
    assert fates_of(registry, "antibody_test") == {
        "used": 4, "other_test": 2, "missing_value": 1, "unknown_value": 1,
    }  # fmt: skip


def test_marrow_and_genes_are_read_from_mi_gf_and_pf(send: Any) -> None:
    registry = send(
        mi="""
        usubjid | miseq | mitest      | mispec      | mistresc           | midtc
        P1      | 1     | Cellularity | BONE MARROW | HYPERCELLULAR      | 2018-07-01
        P1      | 2     | Cellularity | BONE MARROW | PROMYELOCYTE ARREST| 2018-07-02
        P1      | 3     | Cellularity | SPLEEN      | NORMAL             | 2018-07-03
        P1      | 4     | Blasts      | BONE MARROW | 2                  | 2018-07-04
        """,
        suppmi="""
        rdomain | usubjid | idvar | idvarval | qnam     | qval
        MI      | P1      | MISEQ | 1        | SEGREDUC | Y
        """,
        gf="""
        usubjid | gfsym | gfstresc               | gfdtc
        P1      | ELANE | Uncertain significance | 2018-07-01
        P1      |       | 46,XX                  | 2018-07-01
        """,
        pf="""
        usubjid | pfgenri | pforres           | pfdtc
        P1      | HAX1    | LIKELY PATHOGENIC | 2018-07-02
        """,
    )
    marrow = registry.frame("marrow_exam").sort("examined_on")
    assert marrow.select("cellularity", "segmented_reduced").cast(pl.String).rows() == [
        ("increased", "yes"),
        ("promyelocyte_arrest", "unknown"),
    ]
    genes = registry.frame("genetic_test").sort("gene").select("gene", "result").cast(pl.String).rows()
    assert genes == [("ELANE", "uncertain"), ("HAX1", "likely_pathogenic")]
    assert fates_of(registry, "mi") == {"not_of_use": 2}
    assert fates_of(registry, "gf") == {"not_of_use": 1}


def test_other_domains_are_left_alone_and_named(send: Any) -> None:
    registry = send(vs="usubjid | vstestcd\nP1 | TEMP", lbspecial="usubjid | x\nP1 | 1")
    assert registry.extract.ignored_files == ("lbspecial.csv", "vs.csv")


def test_a_source_without_lb_is_refused_where_the_sender_says_sdtm(tmp_path: Path) -> None:
    (tmp_path / "dm.csv").write_text("USUBJID,SEX\nP1,F\n")
    (tmp_path / "extract.toml").write_text('format = "sdtm"\n')
    with pytest.raises(MissingTable, match="'lb'"):
        ain.open_registry(tmp_path)


def test_a_malformed_line_and_a_nasty_name_cost_only_themselves(tmp_path: Path) -> None:
    (tmp_path / "dm.csv").write_text("USUBJID,BRTHDTC,SEX\nP1,2018-01-01,F\n")
    header = "USUBJID,LBTESTCD,LBDTC,LBORRES,LBORRESU\n"
    sound = "P1,NEUT,2018-06-01,0.4,10^9/L\n"
    (tmp_path / "lb-'); drop table source_dm; --.csv").write_text(header + sound + "P1,NEUT\n")
    (tmp_path / "supplb.csv").write_text(
        'RDOMAIN,USUBJID,QNAM,QVAL\nLB,P1,X,"\'); drop table raw_other; --"\nLB\n'
    )
    (tmp_path / "extract.toml").write_text("extracted_on = 2024-06-30\n")
    with ain.open_registry(tmp_path) as registry:
        fates = {
            (table, fate): n
            for table, fate, n in registry.frame("row_fate").select("table_name", "fate", "n_rows").rows()
        }
    assert fates == {
        ("patient", "used"): 1,
        ("lab_result", "used"): 1,
        ("lb", "malformed_row"): 1,
        ("supp", "not_of_use"): 1,
        ("supp", "malformed_row"): 1,
    }


def test_a_damaged_transport_file_is_refused_in_one_line(tmp_path: Path) -> None:
    made = ain.simulate(3, seed=1)
    sdtm.write(made.tables, tmp_path, made.extracted_on)
    whole = (tmp_path / "lbhe.xpt").read_bytes()
    (tmp_path / "lbhe.xpt").write_bytes(whole[: len(whole) // 100])
    with pytest.raises(ain.AinError, match=r"^lbhe\.xpt: [^\n]+$"):
        ain.open_registry(tmp_path)
