"""Small closed word lists of news English, as features of the recogniser and the resolver.

Only words whose class is a matter of the language stand here; whatever names places or people
comes from the gazetteer and the lexicon.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a string as a set."""
    return frozenset(text.split())


#: Words before a name that make it a person's.
TITLES = words(
    """
    mr mrs ms miss dr sir dame lord lady president vice prime minister chancellor king queen prince
    princess pope bishop archbishop cardinal imam sheikh ayatollah rabbi rev reverend father sister
    brother saint senator sen representative rep congressman congresswoman governor gov mayor
    lieutenant lt general gen colonel col major maj captain capt sergeant sgt corporal private
    admiral commander officer detective inspector constable sheriff deputy judge justice attorney
    prosecutor professor prof doctor coach manager chairman chairwoman director secretary
    ambassador envoy spokesman spokeswoman spokesperson premier councilman councilwoman councillor
    commissioner marshal
    """
)

#: Heads of organisations: "University of X", "X Police Department", "X Union".
ORGANISATIONS = words(
    """
    university college school academy institute ministry department office agency bureau commission
    committee council court parliament assembly congress senate legislature government police army
    navy force forces guard bank company corporation corp inc ltd llc group association federation
    union league party club fc united city-council foundation fund trust society organization
    organisation authority administration board center centre hospital clinic church diocese team
    band orchestra airlines airways railway times post news herald tribune journal gazette
    chronicle globe telegraph guardian observer star sun mail express press daily weekly review
    magazine radio television tv broadcasting network agreement agreements treaty accord accords
    protocol convention declaration pact war battle olympics games cup championship festival
    """
)

#: Newspapers and agencies: a place name inside one is not a place.
MEDIA = words(
    """
    times post news herald tribune journal gazette chronicle globe telegraph guardian observer star
    sun mail express press daily weekly review magazine radio television tv inquirer dispatch
    courier examiner record sentinel monitor standard independent ledger bulletin citizen
    advertiser argus echo mirror examiner register
    """
)

#: Heads of facilities and streets.
FACILITIES = words(
    """
    airport station bridge dam port harbor harbour stadium arena hall hotel mall prison jail camp
    base barracks park square street st road rd avenue ave boulevard blvd drive highway hwy route
    lane court plaza tower building cathedral church mosque temple museum library theater theatre
    cemetery plant reactor refinery mine factory hospital courthouse crossing checkpoint tunnel
    canal terminal zoo market
    """
)

#: Words that make a name a street's: "London Road" is not in London.
STREETS = words(
    """
    street st road rd avenue ave boulevard blvd drive dr highway hwy route lane court way terrace
    crescent parkway freeway expressway turnpike interstate
    """
)

#: What comes before a ship's name.
SHIPS = words(
    """
    hms uss usns hmcs hmas rms ss mv ms ins rfa ship submarine cruiser destroyer frigate ferry
    tanker freighter vessel corvette battleship carrier trawler yacht warship flagship liner
    """
)

#: Heads and prefixes of natural features.
FEATURES = words(
    """
    river lake sea ocean gulf bay strait channel sound cape mount mt mountain mountains hills hill
    valley desert forest island islands isle isles peninsula coast creek falls volcano glacier delta
    basin plateau plains plain reef beach canyon
    """
)

#: Designations of first- and second-order regions and of settlements.
DESIGNATIONS = words(
    """
    region oblast province state county district governorate prefecture canton department republic
    territory krai raion parish municipality commune emirate autonomous voivodeship township
    borough city town village hamlet settlement suburb neighborhood neighbourhood capital
    """
)

DIRECTIONS = words(
    """
    north south east west northern southern eastern western northeast northwest southeast southwest
    northeastern northwestern southeastern southwestern central upper lower downtown greater mid
    """
)

#: Prepositions that put something somewhere.
LOCATIVES = words(
    """
    in at near from around across throughout inside outside into toward towards beyond along
    through within onto off outskirts
    """
)

#: Verbs whose subject is a government, an army, people.
AGENT_VERBS = words(
    """
    said says say told tells asked asks announced announces accused accuses denied denies claimed
    claims warned warns called calls agreed agrees refused refuses rejected rejects signed signs
    wants want wanted plans plan planned hopes hope hoped demanded demands urged urges vowed vows
    condemned condemns launched launches invaded invades attacked attacks backed backs supports
    supported imposed imposes voted votes joined joins won wins beat beats lost loses has have had
    will would could should must may might is was insists insisted expects expected seeks sought
    considers considered welcomed welcomes stressed believes believed sees saw
    """
)

#: Nouns that, after a name, make it a government's or a people's: "Moscow forces".
AGENT_NOUNS = words(
    """
    government officials official authorities forces troops army military police president minister
    ministry parliament soldiers leader leaders people citizens residents diplomats envoy embassy
    ambassador team economy policy sanctions regime administration intelligence navy company
    companies firm firms bank businessman players side voters media press politicians lawmakers
    rebels militants fighters
    """
)

#: What belongs to a government or a people, not to a place: "Russia's orbit".
ABSTRACT = words(
    """
    security orbit interests interest influence sovereignty independence integrity ambitions goals
    demands thoughts position stance view views response reaction decision decisions strategy
    proposal plan plans offer claims claim accusations invasion aggression war offensive attack
    attacks campaign support aid assistance help backing alliance membership bid accession relations
    ties talks negotiations deal agreement exports imports oil gas currency ruble debt budget
    growth gdp inflation trade industry sector culture history language church constitution laws
    law election elections vote referendum revolution independence future past role
    """
)

#: Verbs and nouns of telling: "convey a message to Moscow".
MESSAGES = words(
    """
    convey conveyed conveying tell told telling relay relayed send sent sending deliver delivered
    pass passed signal signals signaled message messages thoughts letter letters note warning
    warnings appeal appeals appealed complaint complained request requests proposal proposals
    ultimatum answer reply response condolences apology apologized promise promised assured
    reassured urge urged pressed lobby lobbied loyal allegiance pledge pledged linked close ties
    relations
    """
)

#: Nouns that, after a name, leave it a place: "Russian territory".
PLACE_NOUNS = words(
    """
    territory soil border borders coast coastline shore waters airspace region regions province
    provinces city cities town towns village villages countryside capital side mainland district
    districts area areas outskirts suburb suburbs streets street airport port hospital hospitals
    prison prisons
    """
)

CALENDAR = words(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december jan feb mar apr jun jul aug sept sep oct nov dec
    mon tue tues wed thu thur thurs fri sat christmas easter ramadan
    """
)

AGENCIES = words(
    "ap reuters afp upi cnn bbc xinhua tass interfax bloomberg npr cbs nbc abc fox voa"
)

#: Words that by themselves name no place: "State University" alone says nothing.
GENERIC = ORGANISATIONS | MEDIA | FACILITIES | FEATURES | DESIGNATIONS | DIRECTIONS | TITLES

#: Each list under the name that features give it.
BY_NAME: dict[str, frozenset[str]] = {
    "title": TITLES,
    "org": ORGANISATIONS,
    "media": MEDIA,
    "facility": FACILITIES,
    "feature": FEATURES,
    "designation": DESIGNATIONS,
    "direction": DIRECTIONS,
    "locative": LOCATIVES,
    "verb": AGENT_VERBS,
    "agent": AGENT_NOUNS,
    "placenoun": PLACE_NOUNS,
    "calendar": CALENDAR,
    "agency": AGENCIES,
    "abstract": ABSTRACT,
    "message": MESSAGES,
}
