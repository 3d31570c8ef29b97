/** What stands before a name and says that it is one, in the languages that say it so. Each pattern reads the text up to the name. */

/** Punctuation between a label and its value, with the quotes and tags of data formats. */
const GAP = '["\\\\\'*_)\\]]{0,3}\\s{0,2}(?:[:=>：|]|\\s-\\s)\\s{0,8}(?:\\\\?["\'])?\\*{0,2}$';

const NAME_LABELS = [
  "(?:first|last|middle|given|family|full|maiden|legal|preferred|christian|patient(?:'s)?|client|customer|contact|employee|member|user's|holder|cardholder|beneficiary|applicant|candidate|student|teacher|recipient|sender|owner|guest|passenger|spouse|guardian|emergency contact|driver|insured|account)[ _-]?(?:full[ _-]?)?name",
  '(?:account|card|policy)[ _-]?holder(?:[ _-]?name)?|surname|forename|fname|lname|firstname|lastname|fullname',
  'vorname|nachname|familienname|vollst[äa]ndiger name|inhaber|kontoinhaber|karteninhaber',
  'pr[ée]nom|nom(?: de famille| complet| et pr[ée]nom| du patient)?|titulaire',
  'nombre(?: completo| y apellidos?| del paciente)?|apellidos?|titular',
  'nome(?: completo| e cognome| do paciente)?|cognome|sobrenome|nominativo|intestatario',
  'imi[eę](?: i nazwisko)?|nazwisko|voornaam|achternaam|volledige naam|naam|f[öo]rnamn|efternamn|namn|fornavn|etternavn|efternavn|navn',
  'etunimi|sukunimi|nimi|jm[ée]no|p[řr][íi]jmen[íi]|meno|priezvisko|n[ée]v|vezet[ée]kn[ée]v|keresztn[ée]v|nume(?: complet)?|prenume|ime(?: i prezime)?|prezime|priimek',
  'ad soyad|ad[ıi](?: soyad[ıi])?|soyad[ıi]|nama(?: lengkap)?|h[oọ] (?:v[aà] )?t[eê]n|pangalan|jina',
  "имя|фамилия|отчество|ф\\.?и\\.?о\\.?|ім['’]я|прізвище|піб|име|презиме|όνομα|επώνυμο|ονοματεπώνυμο|الاسم|שם|नाम|নাম|ชื่อ|이름|성명|姓名|名前|氏名",
];
/** Behind one of these stands a name, whatever it is. */
export const NAME_LABEL = new RegExp(`(?<![\\p{L}\\p{N}])(?:${NAME_LABELS.join('|')})${GAP}`, 'iu');

/** "my name is", "je m'appelle": in prose. */
export const NAME_PHRASE =
  /(?<![\p{L}])(?:(?:my|his|her|their) (?:full |first |last |real )?name(?:'s| is| was)|i am called|je m['’]appelle|je suis|me llamo|mi nombre es|ich hei(?:ß|ss)e|mein name ist|mi chiamo|meu nome [ée]|me chamo|nazywam si[eę]|mam na imi[eę]|ik heet|mijn naam is|jag heter|jeg heter|jmenuji se|меня зовут|мене звати)[\s:,"']{1,3}$/iu;

/** Things have these as well: a name is one here if the list knows it. */
export const PLAIN_LABEL = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:name|patient(?:in)?|pt|client|customer|kunde|kundin|user|employee|contact|contact person|provider|physician|doctor|dr|surgeon|nurse|attending|author|owner|manager|supervisor|assignee|reporter|creator|signed(?: by)?|signature|by|from|to|cc|attn|attention|re|sender|recipient|buyer|seller|tenant|landlord|plaintiff|defendant|witness|deponent|judge|attorney|counsel|officer|agent|speaker|host|guest|passenger|traveler|student|teacher|parent|mother|father|spouse|husband|wife|beneficiary|emergency contact|next of kin|nok|ansprechpartner|absender|empf[äa]nger|mitarbeiter(?:in)?|responsable|cliente|paciente|paziente|pacjent(?:ka)?|klient(?:ka)?|autor|podpis|podpisa[łl]|przewodnicz[ąa]cy|protokolant(?:ka)?|prezes|dyrektor|patiënt|klant|bot|q|a)${GAP}`,
  'iu',
);

/** The same, where things may be meant. */
export const PLAIN_PHRASE = /(?<![\p{L}])(?:name (?:is|was)|(?:it|name|that) to|called|named)[\s:,"']{1,3}$/iu;

/** How letters and talk begin and end. */
export const GREETING =
  /(?<![\p{L}])(?:dear|hi|hello|hey|hiya|greetings|good (?:morning|afternoon|evening),?|thanks,?|thank you,?|regards,|sincerely,|cheers,|best,|yours truly,|liebe[r]?|hallo|sehr geehrte[r]?|cher|ch[èe]re|bonjour|salut|hola|querid[oa]|estimad[oa]|ol[áa]|car[oa]|ciao|gentile|drog[ai]|cze[śs][ćc]|szanown[ya]|beste|geachte|hej|k[äa]re|kj[æa]re|ahoj|mil[ýá]|дорогой|дорогая|уважаем(?:ый|ая)|привет|здравствуйте),? {1,2}$/iu;

/** A title in small letters, or one that ended the text before. */
export const TITLE_BEFORE =
  /(?<![\p{L}\p{N}])(?:mr|mrs|miss|dr|prof|professor|sir|madam|herr|herrn|frau|fr[äa]ulein|señora?|sra?|sr|do[ñn]a?|monsieur|madame|mme|mlle|m|signora?|sig|dott|senhora?|dona|pan[iaąu]?|panem|pani[ąa]|panie|mgr|meneer|mevrouw|mevr|dhr|fru|pan[íi]|sayın|bay(?:an)?|г-н|г-жа|господин|госпожа|пан|пані|κ|κύριος|κυρία)\.? {1,2}$/iu;

/** Keys of names of persons; `name` alone may be a thing's. */
export const NAME_KEYS =
  /(?:^|_)(?:(?:first|last|middle|given|family|full|maiden|legal|preferred|patient|client|customer|contact|employee|member|holder|card_?holder|account_?holder|beneficiary|applicant|candidate|student|teacher|recipient|sender|guest|passenger|spouse|guardian|driver|insured)_?names?|surname|forename|fname|lname|firstname|lastname|fullname|vorname|nachname|prenom|nom_famille|nombres?|apellidos?|cognome|nazwisko|imie|voornaam|achternaam|account_?holder|card_?holder|person|author_?name|display_?name)$/;
