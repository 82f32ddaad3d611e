"""Names as they stand in a British register: of many origins, with accents, apostrophes, hyphens, short and long."""

import re
import unicodedata
from dataclasses import dataclass

from payouts.demo.dice import Dice

# (how many in a hundred, given names, family names): people mostly have both from one place, as in life
_ORIGINS = (
    (
        44,
        """Margaret Jean Susan Patricia Christine Linda Barbara Carol Julie Karen Tracey Sharon Emma Laura
        Charlotte Sophie Olivia Amelia Grace Ruby Zoë Chloë Renée David John Michael Peter Robert Alan Brian
        Keith Graham Kevin Stephen Mark Andrew Christopher Matthew Thomas Daniel Joshua Alfie Noah Oscar Jude
        Theo""",
        """Smith Jones Taylor Brown Wilson Johnson Walker Wright Robinson Thompson White Green Hall Wood Harris
        Clarke Cooper Turner Hill Ward Baker Harrison Bennett Carter Shaw Fletcher Barker Ellis Pearson Marshall
        Holmes Featherstonehaugh Winterbottom Ramsbottom Cholmondeley Hargreaves Butterworth Postlethwaite Ng
        Fry""",
    ),
    (
        9,
        """Siân Cerys Bronwen Angharad Gwenllian Nia Carys Eluned Rhys Dafydd Gethin Llŷr Siôn Iolo Emyr Gruffudd""",
        """Evans Davies Williams Roberts Thomas Hughes Llewellyn Griffiths Prys-Jones Llŷwelyn Morgan Owen Vaughan""",
    ),
    (
        8,
        """Seán Niamh Aoife Siobhán Róisín Ciarán Máire Pádraig Eoin Sinéad Órla Caoimhe Diarmuid Brendan""",
        """O'Connor O'Neill O'Sullivan Murphy Byrne Gallagher McLaughlin Doherty D'Arcy Kennedy McGuinness O'Hagan""",
    ),
    (
        8,
        """Morag Isla Eilidh Catrìona Mairi Fiona Hamish Ewan Calum Alasdair Iain Ruaridh Màiri""",
        """MacDonald Campbell Stewart Fraser MacKenzie Buchanan McIntosh Sinclair Urquhart Farquharson MacGillivray""",
    ),
    (
        8,
        """Priya Gurpreet Harjit Manjit Anjali Lakshmi Ravi Arjun Sukhdeep Rajesh Jaswinder Nikhil""",
        """Singh Kaur Patel Sharma Gill Dhillon Mehta Chaudhary Venkataraman Krishnamurthy Balasubramanian""",
    ),
    (
        7,
        """Fatima Aisha Zainab Nasreen Yusuf Mohammed Imran Bilal Amina Khadija Ibrahim Hassan""",
        """Khan Hussain Ahmed Begum Ali Malik Rahman Chowdhury Iqbal Abdirahman Al-Mansouri El-Sayed""",
    ),
    (
        6,
        """Łukasz Małgorzata Agnieszka Paweł Grażyna Zbigniew Jędrzej Ola Żaneta Stanisław""",
        """Kowalski Nowak Wiśniewska Wójcik Kamińska Lewandowski Dąbrowski Brzęczyszczykiewicz Żukowska""",
    ),
    (
        5,
        """Adaeze Chinedu Oluwaseun Folasade Kwame Akosua Ngozi Tunde Abena Emeka""",
        """Okafor Adeyemi Mensah Oyelaran Nwachukwu Boateng Onyekachukwu Asante Oluwadamilola""",
    ),
    (
        5,
        """Ștefan Ioana Mihai Andreea José Conceição João Inês Jürgen Françoise Björn Søren Çiğdem Gülşen""",
        """Popescu Ionescu Șerban Fernandes Gonçalves Müller Lefèvre Sørensen Yıldız Özdemir Hernández-Gómez""",
    ),
)
_BY_SHARE = [(givens.split(), families.split()) for share, givens, families in _ORIGINS for _ in range(share)]


@dataclass(frozen=True)
class Name:
    """A person's name, in the parts that an account or an address makes use of."""

    given: str
    family: str

    @property
    def full(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def mailbox(self) -> str:
        """The name as it stands before the @ of an e-mail address."""
        return f"{_plain(self.given)}.{_plain(self.family)}"


def any_name(dice: Dice, *, family: str | None = None) -> Name:
    """Someone's name; now and then with a middle name, a double barrel or a surname in two words."""
    givens, families = dice.pick(_BY_SHARE)
    given = dice.pick(givens)
    if dice.chance(9):
        given = f"{given} {dice.pick(givens)}"
    if family is None:
        family = dice.pick(families)
        if "-" not in family and dice.chance(5):
            family = f"{family}-{dice.pick(families)}"
        elif family == "Byrne" and dice.chance(40):
            family = "Ó Briain"
    return Name(given, family)


def as_account_holder(dice: Dice, name: Name) -> str:
    """The name as the account carries it: in full, or by initials."""
    initials = " ".join(part[0] for part in name.given.split())
    return dice.pick((name.full, f"{initials} {name.family}"))


def _plain(part: str) -> str:
    decomposed = unicodedata.normalize("NFKD", part.lower().replace("ł", "l").replace("ø", "o").replace("ı", "i"))
    return re.sub(r"[^a-z]", "", decomposed)
