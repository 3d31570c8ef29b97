/** Registration plates in the forms of the countries that have one: few are like nothing else, the others count beside a word. */
import { BARE, CHECKED, defineIds, LIKELY } from '../id-kind.ts';
import { INDIAN_STATES } from './south-asia.ts';

const INDIAN = new RegExp(`^(?:${INDIAN_STATES})\\d{1,2}[A-Z]{1,3}\\d{4}$`);

export const VEHICLES = defineIds([
  {
    entity: 'VEHICLE_LICENSE_PLATE',
    labels: [
      'license plate',
      'licence plate',
      'number plate',
      'plate number',
      'registration plate',
      'plate no',
      'vehicle registration',
      'vehicle registration number',
      'vehicle registration mark',
      'vrn',
      'car registration',
      'plaka',
      'plaka no',
      'arac plakasi',
      'kennzeichen',
      'kfz kennzeichen',
      'autokennzeichen',
      'matricula del vehiculo',
      'placa del vehiculo',
      'plaque d immatriculation',
      "plaque d'immatriculation",
      'immatriculation',
      'targa',
      'kenteken',
      'matricula do veiculo',
      'numer rejestracyjny',
      'nr rejestracyjny',
      'tablica rejestracyjna',
      'registreringsnummer',
      'rekisterinumero',
      'spz',
      'rendszam',
      'госномер',
      '车牌',
      '車牌',
      'ナンバープレート',
    ],
    weakLabels: ['registration number', 'bike s registration number'],
    hints: [
      'plate',
      'plates',
      'vehicle',
      'car',
      'registration',
      'number plate',
      'rejestracyjny',
      'kfz',
      'placa',
      'matricula',
    ],
    forms: [
      { shapes: ['AA99 AAA', 'AA99-AAA'], score: CHECKED, valid: isBritish },
      // Great Britain; Germany; France and Italy; Türkiye; Poland; Brazil. Those of two or three digits are too short to look for.
      { shapes: ['AA99AAA'], score: BARE, valid: isBritish },
      { shapes: ['AAA 999A'], score: BARE },
      {
        shapes: ['A-AA 9999', 'AA-AA 999', 'AAA-AA 999', 'AA-AA 9999', 'A-AA 999'],
        score: BARE,
      },
      { shapes: ['AA-999-AA', 'AA 999 AA', 'AA999AA'], score: BARE },
      {
        shapes: ['99 AAA 999', '99 AA 999', '99AAA999', '99 AA 9999', '99AA9999'],
        score: BARE,
      },
      {
        shapes: ['AA 99999', 'AAA 99999', 'AA 9999A', 'AAA 9999'],
        score: BARE,
      },
      { shapes: ['AAA9A99', 'AAA-9999', 'AAA 9A99'], score: BARE },
    ],
  },
  {
    entity: 'VEHICLE_LICENSE_PLATE',
    forms: [{ shapes: ['AAA-999AA', 'AAA 999 AA'], score: CHECKED }],
  },
  {
    entity: 'VEHICLE_LICENSE_PLATE',
    hints: ['vehicle', 'registration', 'rto', 'number plate'],
    forms: [
      {
        shapes: ['AA99AA9999', 'AA 99 AA 9999', 'AA-99-AA-9999', 'AA99 AA 9999', 'AA99AA 9999', 'AA99A9999'],
        score: LIKELY,
        valid: (id) => INDIAN.test(id),
      },
    ],
  },
]);

/** The year and half of it, 02 to 29 or 51 to 79; no I, Q or Z but for the letters at the end (DVLA, INF104). */
function isBritish(id: string): boolean {
  const age = Number(id.slice(2, 4)) % 50;
  return /^[A-HJ-PR-Y]{2}\d{2}[A-HJ-PR-Z]{3}$/.test(id) && age >= 1 && age <= 29;
}
