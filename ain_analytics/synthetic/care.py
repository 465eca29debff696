"""How the children are seen: enrolment, visits, drop-out, tests and treatments."""

from dataclasses import dataclass

from ain_analytics.synthetic.facts import fact, refuse_bad_facts

SPECIFICITIES = (
    ("HNA-1a", 0.73),
    ("HNA-1b", 0.10),
    ("pan-FcgammaRIIIb", 0.09),
    ("HNA-2", 0.04),
    ("HNA-3a", 0.02),
    ("HLA class I", 0.02),
)
MATERNAL = (("HNA-1b", 0.35), ("HNA-1a", 0.25), ("HNA-2", 0.25), ("pan-FcgammaRIIIb", 0.15))
TESTS = (("GIFT", 0.5), ("GAT", 0.2), ("MAIGA", 0.2), ("flow", 0.1))
GENES = (("ELANE", 0.60), ("HAX1", 0.12), ("G6PC3", 0.10), ("SBDS", 0.18))
FOUND = (("pathogenic", 0.75), ("likely_pathogenic", 0.25))
NOT_FOUND = (("negative", 0.90), ("uncertain", 0.06), ("benign", 0.04))
AGENTS = (("L03AA02", 0.66), ("J06BA02", 0.17), ("H02AB06", 0.17))


@dataclass(frozen=True, slots=True)
class Care:
    """What doctors and parents do.

    Raises
    ------
    BadDefinition
        A value is impossible.
    """

    earlier_count_share: float = fact(0.35, "share", "Children with a count before the onset.")
    enrolment_days: float = fact(45, "days", "Mean time from detection to enrolment.")
    acute_enrolment_days: float = fact(1, "days", "The same for acute courses.")
    enrolled_at_once_share: float = fact(0.4, "share", "Children enrolled on the day of detection.")
    intense_days: int = fact(90, "days", "Time after detection in which visits are dense.")
    gap_intense_days: float = fact(14, "days", "Mean gap of visits in that time.")
    gap_ill_days: float = fact(65, "days", "Mean gap while neutropenic, later.")
    gap_recheck_days: float = fact(35, "days", "Mean gap after a first normal count, or a new low one.")
    gap_well_days: float = fact(100, "days", "Mean gap after two normal counts.")
    gap_long_well_days: float = fact(180, "days", "Mean gap after four.")
    gap_harmless_days: float = fact(240, "days", "Mean gap of Duffy-null children after the dense time.")
    gap_shape: float = fact(4.0, "", "Shape of the gamma distribution of every gap.")
    dropout_ill: float = fact(0.010, "share", "Children who do not come back after a visit.")
    dropout_well: float = fact(0.15, "share", "The same after two or more normal counts.")
    dense_share: float = fact(0.6, "share", "Cyclic children sampled three times a week.")
    dense_days: int = fact(
        77,
        "days",
        "How long that lasts.",
        "at least six weeks: definitions of the study; the rest is our choice",
    )

    sensitivity: float = fact(
        0.70, "share", "Tests that find an antibody that is there.", "Kobayashi 2002, F038: 29 of 41"
    )
    specificity: float = fact(
        0.97, "share", "Tests that find none where there is none.", "our choice; direct tests have less, F032"
    )
    first_test_days: float = fact(12, "days", "Mean time from detection to the first antibody test.")
    indeterminate_share: float = fact(0.05, "share", "Tests without a clear answer.")
    retest_share: float = fact(0.85, "share", "Children tested again after a test that was not positive.")
    most_tests: int = fact(5, "tests", "Most antibody tests of a child.")
    retest_days: float = fact(
        35,
        "days",
        "Mean time between two tests.",
        "repeats within a year: Porretti 2017, F030; else our choice",
    )
    specificities: tuple[tuple[str, float], ...] = fact(
        SPECIFICITIES, "share", "What antibodies bind.", "HNA-1a: F026, HNA-1b: F028; the rest is our choice"
    )
    maternal_specificities: tuple[tuple[str, float], ...] = fact(
        MATERNAL, "share", "What maternal antibodies bind.", "antigens: F089; the shares are our choice"
    )
    test_methods: tuple[tuple[str, float], ...] = fact(TESTS, "share", "Antibody tests in use.")
    mother_tested_share: float = fact(0.85, "share", "Mothers of alloimmunised newborns who are tested.")
    mother_sensitivity: float = fact(0.90, "share", "Of these tests, those that find the antibody.")

    course_share: float = fact(
        0.237, "share", "Autoimmune and idiopathic children treated to raise counts.",
        "G-CSF in 15.7 %: SCNIR Europe 2019, F018; 28 % with any drug: F024; the value is our choice",
    )  # fmt: skip
    agents: tuple[tuple[str, float], ...] = fact(
        AGENTS,
        "share",
        "Drugs of these courses, by ATC code.",
        "G-CSF share from F018; the rest is our choice",
    )
    responses: tuple[float, ...] = fact(
        (1.0, 0.5, 0.75), "share of each agent", "Courses that raise the count.", "Bux 1998: F008, F010, F009"
    )
    course_days: tuple[int, int] = fact((1, 7), "days from, to", "Length of such a course.")
    course_wait_days: int = fact(730, "days", "Courses begin so long after detection at the latest.")
    after_effect_days: int = fact(3, "days", "The effect outlasts the course so long.")
    check_days: int = fact(3, "days", "A count looks for the effect so long after the first dose.")
    boost: float = fact(2.2, "log", "Change of the count under a course that works.")
    most_courses: int = fact(3, "courses", "Most courses of a child.")
    prophylaxis_share: float = fact(
        0.89, "share", "Autoimmune and idiopathic children on cotrimoxazole.", "Bux 1998, F007"
    )
    prophylaxis_days: float = fact(14, "days", "Mean time from detection to it.")
    prophylaxis_beyond_days: int = fact(120, "days", "It goes on at most so long after resolution.")
    lasting_gcsf_share: float = fact(0.6, "share", "Congenital children with lasting G-CSF.")
    lasting_gcsf_days: tuple[int, int] = fact((10, 200), "days from, to", "Time from detection to it.")
    marrow_share: float = fact(0.2, "share", "Children with a marrow examination.")
    congenital_marrow_share: float = fact(0.7, "share", "The same for congenital children.")
    marrow_days: float = fact(40, "days", "Mean time from detection to it.")
    arrest_share: float = fact(0.75, "share", "Of these, those with an arrest at the promyelocyte.")
    increased_share: float = fact(0.5, "share", "Other marrows that are hypercellular, the rest are normal.")
    gene_share: float = fact(0.08, "share", "Children with a genetic test.")
    congenital_gene_share: float = fact(0.9, "share", "The same for congenital children.")
    gene_found_share: float = fact(0.85, "share", "Of these, those with a cause found.")
    gene_days: float = fact(60, "days", "Mean time from detection to the report.")
    genes: tuple[tuple[str, float], ...] = fact(GENES, "share", "Genes tested and found.")
    found_results: tuple[tuple[str, float], ...] = fact(FOUND, "share", "Words for a cause found.")
    other_results: tuple[tuple[str, float], ...] = fact(
        NOT_FOUND, "share", "Words for none, in other children."
    )

    def __post_init__(self) -> None:
        refuse_bad_facts(self)
