"""What is told in Welsh to whoever follows a payment. It is ours, and nobody has reviewed it yet."""

from __future__ import annotations

from payouts.following.progress import Stage

CODE = "cy"
REVIEWED = False

STAGES: dict[Stage, tuple[str, str, str]] = {
    Stage.BEING_PREPARED: (
        "Rydym yn paratoi’r taliad hwn",
        "Rydym yn gwirio pob taliad cyn ei wneud.",
        "Ar ôl iddo gael ei gymeradwyo, gallwch weld yma faint ydyw a phryd y byddwch yn ei gael.",
    ),
    Stage.APPROVED: (
        "Mae’r taliad hwn wedi’i gymeradwyo",
        "Byddwn yn ei anfon i’n banc nesaf.",
        "Dylai fod yn y cyfrif erbyn diwedd {day}.",
    ),
    Stage.CHEQUE_APPROVED: (
        "Mae’r taliad hwn wedi’i gymeradwyo",
        "Byddwn yn ysgrifennu siec nesaf.",
        "Daw drwy’r post, oni bai ein bod wedi cytuno ar rywbeth arall gyda chi.",
    ),
    Stage.CHEQUE_POSTED: (
        "Rydym wedi anfon siec",
        "Cafodd ei hysgrifennu ar {day}. Daw drwy’r post, oni bai ein bod wedi cytuno ar rywbeth arall gyda chi.",
        "Os nad yw wedi dod o fewn wythnos, cysylltwch â ni. Byddwn yn ei hatal ac yn anfon un arall.",
    ),
    Stage.CHEQUE_STOPPED: (
        "Cafodd y siec hon ei hatal",
        "Nid yw banc yn ei thalu mwyach. Mae’r arian yn ddiogel gyda ni.",
        "Peidiwch â thalu’r siec i mewn. Cysylltwch â ni, er mwyn i ni gytuno sut i’ch talu yn lle hynny.",
    ),
    Stage.ON_ITS_WAY: (
        "Mae’r taliad hwn ar ei ffordd",
        "Rydym wedi’i anfon i’n banc.",
        "Dylai fod yn y cyfrif erbyn diwedd {day}.",
    ),
    Stage.DUE_TODAY: (
        "Mae’r taliad hwn yn ddyledus heddiw",
        "Dylai fod yn y cyfrif erbyn diwedd heddiw, {day}.",
        "Mae’r rhan fwyaf o daliadau’n cyrraedd yn y bore.",
    ),
    Stage.SHOULD_HAVE_ARRIVED: (
        "Dylai’r taliad hwn fod yn y cyfrif",
        "Roedd yn ddyledus ar {day}.",
        "Os nad yw yno, chwiliwch am y cyfeirnod a’r swm ar eich cyfriflen banc cyn cysylltu â ni.",
    ),
    Stage.PAID: (
        "Gwnaed y taliad hwn",
        "Aeth i’r cyfrif ar {day}, ac nid oes unrhyw fanc wedi’i anfon yn ôl.",
        "Nid oes angen i chi wneud dim.",
    ),
    Stage.CAME_BACK: (
        "Ni chyrhaeddodd y taliad hwn",
        "Nid aeth i’r cyfrif. Mae’r arian yn ddiogel gyda ni.",
        (
            "Cysylltwch â ni, er mwyn i ni ei gywiro. Ni fyddwn byth yn gofyn am fanylion banc drwy e-bost, neges "
            "destun na dolen."
        ),
    ),
    Stage.PAID_AGAIN: (
        "Cafodd y taliad hwn ei ddisodli gan un arall",
        "Ni chafodd ei wneud, neu ni chyrhaeddodd.",
        "Rydym yn ei wneud eto fel taliad newydd.",
    ),
    Stage.STOPPED: (
        "Nid yw’r taliad hwn yn cael ei wneud",
        "Cafodd ei atal cyn ei anfon.",
        "Cysylltwch â ni os oeddech yn ei ddisgwyl.",
    ),
}
"""Of each stage: how it is called, what happened, and what happens next or what to do. `{day}` is the pay date."""

PAGE: dict[str, str] = {
    "follow": "Dilyn taliad",
    "payment": "Eich taliad",
    "payments": "Eich taliadau",
    "none": "Nid oes taliad wedi’i wneud eto. Dewch yn ôl pan fyddwch yn disgwyl un.",
    "next": "Beth sy’n digwydd nesaf",
    "steps": "Pa mor bell ydyw",
    "step_approved": "Cymeradwywyd",
    "step_sent": "Anfonwyd i’n banc",
    "step_arrived": "Yn y cyfrif",
    "done": "Wedi’i wneud",
    "not_yet": "Ddim eto",
    "stopped": "Ni ddigwyddodd",
    "details": "Y taliad",
    "scheme": "Cynllun",
    "for": "Ar gyfer",
    "amount": "Swm",
    "pay_date": "Dyddiad talu",
    "account": "Cyfrif",
    "ending": "yn gorffen â {digits}",
    "reference": "Cyfeirnod ar y gyfriflen banc",
    "in_one_credit": "Mae’n cyrraedd mewn un swm gyda thaliadau eraill.",
    "again": "Gweld y taliad newydd",
    "missing": "Os nad yw’n cyrraedd",
    "missing_wait": (
        "Mae banciau’n ychwanegu’r rhan fwyaf o daliadau yn y bore, a rhai yn hwyrach yn y dydd. "
        "Arhoswch tan ddiwedd {day}."
    ),
    "missing_contact": "Os nad yw yno erbyn hynny, cysylltwch â {body} a rhowch y cyfeirnod uchod.",
    "missing_never": (
        "Ni fyddwn byth yn gofyn am eich manylion banc, cyfrinair na chod drwy e-bost, neges destun "
        "nac ar y dudalen hon."
    ),
    "contact": "Cysylltu â {body}",
    "period": "{first} i {last}",
    "expected": "Disgwylir",
    "who": "Pwy sy’n eich talu?",
    "find_intro": (
        "Y ffordd gyflymaf yw’r ddolen yn y neges a anfonwyd gennym. Hebddi, defnyddiwch gyfeirnod y taliad."
    ),
    "find_reference": "Cyfeirnod y taliad",
    "find_reference_hint": "Mae yn ein neges ac ar y gyfriflen banc, fel HIL-0007-000125",
    "find_fact": "Dyddiad geni neu god post",
    "find_fact_hint": "Y person y mae’r taliad iddo, fel 27 3 1985 neu LS1 4DY",
    "find": "Dod o hyd i’r taliad",
    "find_again": "dewch o hyd i daliad yn ôl ei gyfeirnod",
    "no_reference": "Rhowch gyfeirnod y taliad",
    "no_fact": "Rhowch ddyddiad geni neu god post",
    "not_found": (
        "Ni allwn ddod o hyd i daliad â’r cyfeirnod a’r dyddiad geni neu’r cod post hyn. Gwiriwch y ddau, neu "
        "cysylltwch â phwy bynnag sy’n eich talu"
    ),
    "problem": "Mae problem",
    "never": "Ni fyddwn byth yn gofyn am eich manylion banc, cyfrinair na chod ar y dudalen hon.",
    "unknown": "Ni allwn ddangos y taliad hwn",
    "unknown_copied": (
        "Os gwnaethoch gopïo’r ddolen o neges, gwiriwch eich bod wedi copïo’r cyfan. Mae dolenni’n peidio â gweithio "
        "tua blwyddyn ar ôl y taliad."
    ),
    "unknown_else": (
        "Gallwch hefyd gysylltu â phwy bynnag sy’n eich talu, yn y cyfeiriad yn eu neges neu ar rif rydych wedi’i "
        "ddefnyddio o’r blaen. Neu"
    ),
    "slowed": "Gormod o geisiadau",
    "slowed_wait": "Munudau i aros cyn ceisio eto: {minutes}.",
    "slowed_link": "Mae’r ddolen yn ein neges yn gweithio drwy’r amser.",
    "language": "Iaith",
    "other_language": "English",
    "other_code": "en",
    "unreviewed": "Nid yw’r cyfieithiad hwn wedi’i adolygu eto. Os yw’n wahanol i’r Saesneg, y Saesneg sy’n gywir.",
    "see": "Gweld y taliad hwn",
    "questions": "Cwestiynau am daliad:",
    "sandbox": "BLWCH TYWOD: nid oes arian yn symud. Mae’r bobl a’r cyfrifon yma’n ddychmygol.",
}

WEEKDAYS = ("dydd Llun", "dydd Mawrth", "dydd Mercher", "dydd Iau", "dydd Gwener", "dydd Sadwrn", "dydd Sul")
MONTHS = (
    "Ionawr",
    "Chwefror",
    "Mawrth",
    "Ebrill",
    "Mai",
    "Mehefin",
    "Gorffennaf",
    "Awst",
    "Medi",
    "Hydref",
    "Tachwedd",
    "Rhagfyr",
)
