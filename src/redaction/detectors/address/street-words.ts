/** The words that streets, flats and boxes are written with, by language. Data only; lower-case, without full stops. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Behind the name: "Long Street", "Elm Ave". */
export const STREET_TYPES = words(
  `street st avenue ave av road rd boulevard blvd lane ln drive dr court ct circle cir place pl square sq terrace ter terr way
  parkway pkwy highway hwy freeway trail trl crescent cres close grove gardens mews row alley aly plaza loop pike turnpike
  expressway esplanade parade walk hill green quay wharf ridge run path crossing heights point vale rise view park bend cove cv
  broadway causeway bypass junction meadows landing glen promenade embankment`,
);

/** Of those, the ones that need no capital letters. */
export const PLAIN_STREET_TYPES = words(
  'street avenue ave road rd boulevard blvd lane drive parkway highway terrace crescent',
);

/** Before the name: "Via Roma", "rue de la Paix". */
export const STREET_PREFIXES = words(
  `avenida avda avinguda avenue av boulevard bd calle calzada camino carrera carrer paseo passeig plaza ronda rua travessa
  alameda praça praca estrada rodovia largo viale vicolo via corso piazzale piazza strada rue chemin impasse allée allee quai
  cours place route passage faubourg ul ulica aleja al plac os osiedle str calea bulevardul ул улица пр проспект jalan jl οδός`,
);

/** At the end of a compound: "Hauptstraße", "Keizersgracht", "Storgatan". */
export const STREET_SUFFIXES = [
  ...words(
    `straße strasse str gasse weg platz allee ring damm ufer steig chaussee promenade straat laan plein kade gracht dijk singel
    steenweg dreef vej gade allé gatan vägen torget veien vegen gata gate katu tie kuja polku utca útja körút tér`,
  ),
];

/** Parts of names that are not capitalised. */
export const PARTICLES = words(
  `de del della delle dei degli di da do dos das du des la le les el los las l d van von den der dem het ten ter zum zur y e et
  of the and im in am an av og i na u nad pod św ks gen bis quater`,
);

/** Which flat of a house. */
export const UNIT_WORDS = words(
  'apt apartment suite ste unit flat floor fl room rm lot bldg building appt wohnung whg lok piso',
);

/** Of those, the ones that stand for an address without a street. */
export const PLAIN_UNIT_WORDS = words('apt apartment suite ste');

/** Post office boxes, without spaces and full stops. */
export const BOX_WORDS = words(
  `pobox postofficebox pob gpobox postfach postbus postboks postbox apartado apartadodecorreos apartadopostal casilla
  casillapostal boitepostale boîtepostale bp caixapostal casellapostale skrytkapocztowa`,
);

/** What a box of several words begins with. */
export const BOX_FIRST_WORDS = words(
  'po p.o p post gpo apartado casilla boite boîte caixa casella skrytka postfach postbus postboks bp b.p',
);

/** Units of the armed forces, before a box or a ship's name. */
export const MILITARY_UNITS = words('unit psc cmr');
export const SHIPS = words('uss usns usnv uscgc hms');
export const MILITARY_POSTS = words('apo fpo dpo');

export const DIRECTIONS = words('n s e w ne nw se sw north south east west');

export const US_STATES = words(
  `AL AK AS AZ AR CA CO CT DE DC FL GA GU HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA PR
  RI SC SD TN TX UT VT VA VI WA WV WI WY AA AE AP`,
);

/** Postcode areas of Royal Mail with two letters. */
export const UK_AREAS =
  'AB|AL|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|EC|EH|EN|EX|FK|FY|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|LA|LD|LE|LL|LN|LS|LU|ME|MK|ML|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE';
