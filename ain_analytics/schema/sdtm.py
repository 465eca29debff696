"""CDISC SDTM as a trial or a registry sends it: domains of SDTMIG 3.3 and 3.4; only the variables that are read."""

from ain_analytics.schema.raw import RawRow, said

_SUBJECT = "Unique subject identifier: the key of the child."
_DOMAIN = "Domain of the record; one of another domain than its file's is not of use."
_SEQ = "Sequence number, by which a supplemental qualifier names its record."


class SdtmDm(RawRow):
    """One row per subject, screen failures among them.

    SUPPDM holds what the domain cannot: RACEOTH (ancestry), DUFFY (null, positive), GESTWK (completed weeks).
    """

    usubjid = said(_SUBJECT, obligatory=True)
    brthdtc = said("Date of birth; of a part of it, see `birth_date_precision`.")
    age = said("Age at RFSTDTC (else RFICDTC, else DMDTC), where BRTHDTC is missing.", unit="AGEU")
    ageu = said("Unit of the age. DAYS: the birth date is exact. WEEKS, MONTHS: the month that holds the middle of the days of birth that fit the age is handed over; YEARS: the year that holds it.")
    sex = said("F, M, U or UNDIFFERENTIATED.")
    race = said("Race; ancestry is SUPPDM.RACEOTH where it is there, else this, with ETHNIC where it says Hispanic or Latino.")
    ethnic = said("Ethnicity.")
    siteid = said("Site.")
    rficdtc = said("Day of informed consent: enrolment.")
    rfstdtc = said("Reference start; enrolment where there is no day of consent.")
    rfpendtc = said("End of participation: last contact.")
    rfendtc = said("Reference end; last contact where there is no end of participation.")
    dmdtc = said("Day on which the demographics were collected.")
    dthdtc = said("Day of death.")


class SdtmLb(RawRow):
    """One row per laboratory test; split datasets (lbhe, lbch, lb1 …) are one domain."""

    domain = said(_DOMAIN)
    usubjid = said(_SUBJECT, obligatory=True)
    lbtestcd = said("Test: WBC, NEUT, NEUTLE, NEUTSG, NEUTB, LYM, MONO, EOS, BASO, HGB, PLAT …, or a local code of `[codes]`.", obligatory=True)
    lbtest = said("Name of the test.")
    lbcat = said("Category; URINALYSIS and other fluids are no blood where LBSPEC is missing.")
    lbloinc = said("LOINC code; goes before LBTESTCD.")
    lborres = said("Result as the laboratory wrote it; taken first, because the standard result is the sponsor's conversion.")
    lborresu = said("Unit of LBORRES.")
    lbstresc = said("Standard result as text; taken where LBORRES, or its unit alone, is missing.")
    lbstresn = said("Standard result as number; taken where LBSTRESC is missing, too.")
    lbstresu = said("Unit of the standard result.")
    lbstat = said("NOT DONE: no value.")
    lbspec = said("Specimen; what is said and is no blood is another analyte.")
    lbmethod = said("Method: automated or manual, where it says so.")
    lbrefid = said("Key of the specimen; without it, what was collected at one LBDTC.")
    lbdtc = said("Day, and time if known, of collection; a partial date is none.", obligatory=True)


class SdtmAe(RawRow):
    """One row per adverse event; SUPPAE.AEICD10 is its ICD-10 code."""

    domain = said(_DOMAIN)
    usubjid = said(_SUBJECT, obligatory=True)
    aeseq = said(_SEQ)
    aeterm = said("Reported term, where AEDECOD is missing.")
    aedecod = said("MedDRA preferred term; the shipped list gives some an ICD-10 code, others have no role.")
    aestdtc = said("Day of onset; a partial date is none.")
    aedtc = said("Day of collection, where AESTDTC is missing.")


class SdtmMh(RawRow):
    """One row per item of the medical history; SUPPMH.MHICD10 is its ICD-10 code."""

    domain = said(_DOMAIN)
    usubjid = said(_SUBJECT, obligatory=True)
    mhseq = said(_SEQ)
    mhterm = said("Reported term, where MHDECOD is missing.")
    mhdecod = said("MedDRA preferred term, as AEDECOD.")
    mhoccur = said("N: asked for, and did not occur.")
    mhstat = said("NOT DONE: was not asked.")
    mhstdtc = said("Day of onset; a partial date is none.")
    mhdtc = said("Day of collection, where MHSTDTC is missing.")


class SdtmCm(RawRow):
    """One row per concomitant medication; SUPPCM.ATCCD, ATC4CD or ATC5CD is its ATC code."""

    domain = said(_DOMAIN)
    usubjid = said(_SUBJECT, obligatory=True)
    cmseq = said(_SEQ)
    cmtrt = said("Reported name.")
    cmdecod = said("Standard name; a generic name of the shipped list stands for its ATC code, unless the route is local or the name has two codes.")
    cmclascd = said("Code of the class, read where it is one of ATC; goes before the name.")
    cmroute = said("Route; what is put on skin, eye, ear or nose, or inhaled, is no systemic drug.")
    cmoccur = said("N: asked for, and not taken.")
    cmstat = said("NOT DONE: was not asked.")
    cmstdtc = said("First day.")
    cmendtc = said("Last day; missing: one dose, unless it goes on.")
    cmenrf = said("AFTER or DURING/AFTER: goes on up to the day of the extract.")
    cmenrtpt = said("ONGOING or AFTER: the same.")


class SdtmEx(RawRow):
    """One row per exposure to the study treatment."""

    domain = said(_DOMAIN)
    usubjid = said(_SUBJECT, obligatory=True)
    extrt = said("Name of the treatment; read as CMDECOD.")
    exroute = said("Route, as CMROUTE.")
    exoccur = said("N: not given.")
    exstdtc = said("First day.")
    exendtc = said("Last day.")


class SdtmIs(RawRow):
    """One row per immunogenicity specimen assessment: antibodies (SDTMIG 3.4)."""

    domain = said(_DOMAIN)
    usubjid = said(_SUBJECT, obligatory=True)
    istestcd = said("Test.")
    istest = said("Name of the test. Where it names granulocytes, neutrophils or HNA (not their cytoplasm), ISMETHOD says which test it was.")
    ismethod = said("Method: GIFT, GAT, MAIGA, flow cytometry, beads.")
    isbdagnt = said("Binding agent: the antigen.")
    isorres = said("Result, where ISSTRESC is missing.")
    isstresc = said("Standard result: POSITIVE, NEGATIVE, INDETERMINATE.")
    isstat = said("NOT DONE: no result.")
    isdtc = said("Day of collection.")


class SdtmApis(RawRow):
    """One row per such assessment of an associated person (SDTMIG-AP): the mother."""

    apid = said("Identifier of the associated person.")
    rsubjid = said("USUBJID of the child.", obligatory=True)
    srel = said("Relationship to the child: MOTHER, BIOLOGICAL.", obligatory=True)
    istestcd = said("As in IS.")
    istest = said("As in IS.")
    ismethod = said("As in IS.")
    isbdagnt = said("As in IS.")
    isorres = said("As in IS.")
    isstresc = said("As in IS.")
    isstat = said("As in IS.")
    isdtc = said("As in IS.")


class SdtmMi(RawRow):
    """One row per microscopic finding; of bone marrow, those whose test names the cellularity.

    SUPPMI.SEGREDUC (Y, N, U) says whether segmented cells are fewer.
    """

    domain = said(_DOMAIN)
    usubjid = said(_SUBJECT, obligatory=True)
    miseq = said(_SEQ)
    mitest = said("Name of the test.")
    mispec = said("Specimen: BONE MARROW.")
    miorres = said("Result, where MISTRESC is missing.")
    mistresc = said("NORMAL or NORMOCELLULAR, INCREASED or HYPERCELLULAR, DECREASED or HYPOCELLULAR, PROMYELOCYTE ARREST.")
    midtc = said("Day of collection.")


class SdtmGf(RawRow):
    """One row per genomic finding (SDTMIG 3.4)."""

    domain = said(_DOMAIN)
    usubjid = said(_SUBJECT, obligatory=True)
    gfsym = said("Symbol of the gene.")
    gforres = said("Result, where GFSTRESC is missing.")
    gfstresc = said("PATHOGENIC, LIKELY PATHOGENIC, UNCERTAIN SIGNIFICANCE, LIKELY BENIGN, BENIGN, NEGATIVE.")
    gfdtc = said("Day of collection.")


class SdtmPf(RawRow):
    """One row per pharmacogenomic finding, in which genes stood before GF."""

    domain = said(_DOMAIN)
    usubjid = said(_SUBJECT, obligatory=True)
    pfgenri = said("Symbol of the gene.")
    pforres = said("As GFORRES.")
    pfstresc = said("As GFSTRESC.")
    pfdtc = said("Day of collection.")


class SdtmSupp(RawRow):
    """One row per supplemental qualifier, of all domains (suppdm, suppmh, suppcm …)."""

    rdomain = said("Domain of the record that it qualifies.", obligatory=True)
    usubjid = said(_SUBJECT, obligatory=True)
    idvar = said("Variable that names the record; missing in DM.")
    idvarval = said("Its value.")
    qnam = said("Name of the qualifier.", obligatory=True)
    qval = said("Its value.", obligatory=True)


SDTM_READING = (
    "Found by the names of its files: `dm`, and `lb` or parts of it (`lbhe`, `lbch`, `lb1`), as `.xpt`, `.csv`, "
    "`.parquet` or any other ending; or `format = \"sdtm\"`. Supplemental qualifiers (`suppdm`, `suppmh` …) are one "
    "table. Other domains are left alone and named. Antibodies stand in IS (of the mother: APIS) or LB, marrow in MI, "
    "genes in GF or PF, as SDTMIG 3.4 has it.",
    "A test code has its LOINC code in `codelists/sdtm_lbtestcd.csv`; terms of MedDRA that mean an infection or a "
    "cause have an ICD-10 code in `codelists/sdtm_meddra_pt.csv`; generic names are looked up in the list of drugs.",
)
"""How such a source is found and read."""

SDTM: dict[str, type[RawRow]] = {
    "dm": SdtmDm,
    "lb": SdtmLb,
    "ae": SdtmAe,
    "mh": SdtmMh,
    "cm": SdtmCm,
    "ex": SdtmEx,
    "is": SdtmIs,
    "apis": SdtmApis,
    "mi": SdtmMi,
    "gf": SdtmGf,
    "pf": SdtmPf,
    "supp": SdtmSupp,
}
"""The domains that are read; the first two are obligatory."""
