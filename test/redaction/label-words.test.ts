import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeywordScanner } from '../../src/redaction/keyword-scanner.ts';
import { kindOfLabel, PHRASE_KEYWORDS } from '../../src/redaction/label-words.ts';

const scanner = createKeywordScanner(PHRASE_KEYWORDS, { fold: true });
const isRuledOut = (label: string) => !scanner.occurs(label, 0, label.length);

/** What is put together to labels: with words that make one only behind a second one. */
const PARTS = (
  'access security api auth set php j asp.net net sess ession session id code sig x amz signature header cookie connect sid otp wallet seed ' +
  'phrase words mnemonic dsn jwt sso token secret s e key keys K apikey webhook url cred credentials bearer authorization password passwor ' +
  'paswo pasword psw pw pwd pass passphrase mot de passe contraseña senha hasło haslo heslo lösenord jelszó şifre sifre kata sandi mật khẩu ' +
  '密码 비밀번호 パスワード парол पासवर्ड كلمة المرور סיסמ รหัสผ่าน pat git hub github linked in new relic waka time stripe z ai data gov box'
).split(' ');

describe('labels', () => {
  it('property: the keywords of phrases rule out none that says something of its value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', ' ', '_', '-', '.'),
        (parts, between) => {
          const label = parts.join(between);
          expect(isRuledOut(label) && kindOfLabel(label.toLowerCase()) !== undefined).toBe(false);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('rule out plain words', () => {
    expect(['path', 'const worker', 'limit'].map(isRuledOut)).toEqual([false, true, true]);
  });
});
