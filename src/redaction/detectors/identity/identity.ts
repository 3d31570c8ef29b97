/**
 * Numbers of persons, patients and taxpayers: national ids with their check digits, and passports, licences, medical records and
 * the like by the name before them. The countries' files say what there is; this one joins them.
 */
import { AFRICA_AND_MIDDLE_EAST } from './countries/africa-and-middle-east.ts';
import { AMERICAS } from './countries/americas.ts';
import { ASIA } from './countries/asia.ts';
import { BRITISH_ISLES } from './countries/british-isles.ts';
import { EASTERN_EUROPE } from './countries/eastern-europe.ts';
import { LATIN_AMERICA } from './countries/latin-america.ts';
import { NORTHERN_EUROPE } from './countries/northern-europe.ts';
import { OCEANIA } from './countries/oceania.ts';
import { SOUTH_ASIA } from './countries/south-asia.ts';
import { SOUTHERN_EUROPE } from './countries/southern-europe.ts';
import { VAT } from './countries/vat.ts';
import { VEHICLES } from './countries/vehicles.ts';
import { WESTERN_EUROPE } from './countries/western-europe.ts';
import { DOCUMENTS } from './documents.ts';
import { HEALTH } from './health.ts';
import { idDetector } from './id-detector.ts';

export const identity = idDetector('identity', [
  ...AMERICAS,
  ...LATIN_AMERICA,
  ...BRITISH_ISLES,
  ...SOUTHERN_EUROPE,
  ...WESTERN_EUROPE,
  ...NORTHERN_EUROPE,
  ...EASTERN_EUROPE,
  ...ASIA,
  ...SOUTH_ASIA,
  ...AFRICA_AND_MIDDLE_EAST,
  ...OCEANIA,
  ...VAT,
  ...VEHICLES,
  ...HEALTH,
  ...DOCUMENTS,
]);
