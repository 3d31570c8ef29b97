/** The words around names: titles, particles, labels, and what makes of a name a street or a firm. Data only. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Before a name, without full stops and in small letters. */
export const TITLES = words(
  `mr mrs ms miss mx dr prof professor sir madam dame lord lady rev reverend fr father sr sra srta señor señora señorita don doña
  monsieur madame mademoiselle mme mlle maître me herr frau hr fr dhr mevr mevrouw meneer signor signora signorina sig dott
  dottore dottoressa avv ing prof.ssa senhor senhora dona pan pani panu panem panią pana panie p mgr inż dr.hab lek hab
  fru herra rouva paní pane bay bayan sayın capt captain lt lieutenant col colonel maj major gen general sgt sergeant cpl
  officer detective det inspector judge justice hon senator sen rep governor gov president rabbi imam sheikh shri smt kumari
  господин госпожа г-н г-жа пан пані κύριος κυρία κ datuk datin tuan puan bapak ibu pak bu encik cik`,
);

/** Titles that are words, units or names too: they count with a capital and a full stop only. */
export const WEAK_TITLES = words(
  'mx fr me p hr don sig ing bay pan pana panie general major president judge justice officer father sen rep hon gen col det pak bu ibu bapak cik k',
);

/** Between the parts of a name, in small letters. */
export const PARTICLES = words(
  `van von der den de del della dei di da dos das du la le los las des ter ten te zu zur zum af av al el bin binti ibn bint abu ben
  y e i vom op het 't st san santa mac ap nga`,
);

/** Behind a name, without full stops. */
export const SUFFIXES = words(
  'jr sr ii iii iv md phd dds dvm esq cpa rn np pa do mba jd bsc msc ma dphil obe mbe kbe pharmd lpn dpt',
);

/**
 * Directly behind words that look like a name: then they are a street, a firm, a place, or something named after somebody.
 */
export const NAMED_AFTER = words(
  `inc corp corporation llc ltd limited gmbh plc co company companies sa spa srl bv nv oy ab kg ag llp lp pty group holdings
  partners associates bros brothers sons industries enterprises technologies technology systems solutions software services
  street st avenue ave road rd boulevard blvd lane ln drive dr court ct place square terrace way parkway highway hwy circle
  university college school institute academy hospital clinic church cathedral museum library hotel theater theatre stadium arena
  airport station bridge tower building center centre hall park garden gardens river lake mountain mount hill hills valley beach
  bay island islands forest county city town village state district province region creek springs falls canyon desert
  bank foundation fund trust award awards prize medal cup open classic day act law laws theorem lemma conjecture equation effect
  syndrome disease test scale method algorithm transform distribution function series number model process principle paradox
  press news times post journal magazine records studios pictures films productions show podcast airlines airways motors
  platform platforms workflow workflows plugin package module theme grammar notation paper problem paradigm pattern style form webapp
  project framework library protocol server client api sdk cli db engine compiler editor browser agent bot assistant
  edition version release street market markets capital ventures insurance consulting restaurant cafe bar pub pizza kitchen bakery
  street's league united fc club team avenue's shop store stores mall outlet brewery vineyard winery`,
);

/** Of those, the ones that are surnames behind a given name: "Kimberly Hill". */
export const SURNAMES_TOO = words(
  'hill hall park church lake day law court forest bay post press river street cross marsh',
);

/** Directly before it: then it is a place, a ship or a saint. */
export const PLACE_BEFORE = words(
  'lake mount mt fort port cape saint san santa st new north south east west upper lower lac monte rio villa point camp city town los las',
);

/** Months, days, and names of programs and firms that people hardly have without another name beside them. */
export const SELDOM_ALONE = words(
  `jan feb mar apr jun jul aug sep sept oct nov dec april may june august january february march july september october november december monday tuesday wednesday thursday friday
  saturday sunday alexa siri claude gemini bard cortana watson ruby scala lua julia pascal ada haskell perl elm dart eiffel kafka
  jenkins travis sentry gatsby tesla ford mercedes bosch siemens adobe oracle cassandra neo solr lucene maven gradle ivy hugo
  jekyll sinatra django flask celery sonar vagrant nomad vault terra luna polygon avalanche chase wells barclays lloyds morgan
  christian muslim german roman english irish french israel dean major marine officer guy sky star angel nova clio prisma sequel
  ansible chef puppet salt helm argo flux istio linkerd envoy harbor karma jasmine mocha chai jest ava sinon cypress selenium
  thai chinese japanese korean russian spanish italian greek turkish dutch danish swedish finnish polish czech indian mexican
  max min asia europa africa america lot van carolina dior chanel gucci prada armani versace hermes cartier dell lenovo hp
  don art case page field grant miles rich frank will mark bill drew pat sue rob jack gene ray guy art dusty sandy rusty`,
);
