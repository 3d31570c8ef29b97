import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateTokens } from '../../src/spend/estimate.ts';

/** Texts of our own, with the tokens that o200k_base counts in them. */
const COUNTED: readonly (readonly [kind: string, tokens: number, text: string])[] = [
  [
    'English',
    31,
    'The quarterly report shows that most teams stayed well below their budget. Two of them asked for more, because their agents resend the whole conversation with every step.',
  ],
  [
    'German',
    31,
    'Heute ist das Wetter schön, und wir sind im Park spazieren gegangen. Die Geschäftsführung möchte bis morgen früh einen vollständigen Bericht über die Ausgaben.',
  ],
  [
    'French',
    30,
    "Aujourd'hui il fait beau et nous sommes allés nous promener au parc. Veuillez envoyer le rapport complet avant demain, s'il vous plaît.",
  ],
  [
    'Vietnamese',
    26,
    'Hôm nay thời tiết đẹp nên chúng tôi đi dạo trong công viên. Vui lòng gửi báo cáo trước ngày mai.',
  ],
  ['Russian', 27, 'Сегодня хорошая погода, и мы пошли гулять в парк. Пожалуйста, пришлите отчёт до завтра.'],
  [
    'Greek',
    34,
    'Σήμερα ο καιρός είναι καλός και πήγαμε για περίπατο στο πάρκο. Παρακαλώ στείλτε την αναφορά μέχρι αύριο.',
  ],
  ['Arabic', 23, 'الطقس جميل اليوم وذهبنا للتنزه في الحديقة. يرجى إرسال التقرير قبل الغد.'],
  ['Hebrew', 28, 'מזג האוויר יפה היום והלכנו לטייל בפארק. אנא שלחו את הדוח עד מחר.'],
  ['Hindi', 21, 'आज मौसम अच्छा है और हम पार्क में घूमने गए। कृपया कल तक रिपोर्ट भेजें।'],
  ['Thai', 28, 'วันนี้อากาศดีเราจึงไปเดินเล่นที่สวนสาธารณะ กรุณาส่งรายงานภายในวันพรุ่งนี้'],
  ['Khmer', 26, 'ថ្ងៃនេះអាកាសធាតុល្អ ហើយយើងបានទៅដើរលេងនៅសួនច្បារ'],
  ['Japanese', 28, '今日は天気がいいので、公園へ散歩に行きました。明日までに報告書を送ってください。'],
  ['Chinese', 19, '人工智能正在改变我们的生活方式。请在明天之前把报告发给我。'],
  ['Korean', 25, '오늘은 날씨가 좋아서 공원에 산책하러 갔습니다. 내일까지 보고서를 보내 주세요.'],
  ['capitals', 19, 'THIS IS A LOUD MESSAGE ABOUT THE BUDGET AND THE GATEWAY CONFIGURATION.'],
  [
    'code',
    32,
    'export function total(items: readonly Item[]): number {\n  return items.reduce((sum, item) => sum + item.price * item.count, 0);\n}\n',
  ],
  [
    'SQL',
    42,
    "SELECT u.id, SUM(o.total_amount) AS spent FROM users u JOIN orders o ON o.user_id = u.id WHERE o.created_at >= '2026-01-01' GROUP BY u.id;",
  ],
  [
    'JSON',
    36,
    '{"type":"object","properties":{"city":{"type":"string","description":"Where to look"},"days":{"type":"integer","minimum":1}},"required":["city"]}',
  ],
  ['CSV', 51, '17,2026-03-14,124.27,item29,EU\n18,2026-03-15,131.58,item66,EU\n19,2026-03-16,138.89,item2,US\n'],
  ['UUIDs', 60, '3f0c7b1e-9a52-4d68-8e1f-c2b47a906d35\nb81d2f64-07ce-4a93-95d0-6e3f1a8c7b29\n'],
  ['hex', 46, '9f3ac07be1584d26b8e0f71c3a95d2647b1e8c09f5a34d6270cb9e18f3d5a647'],
  ['base64', 52, 'kX9vQ2pLr7TzYb1WnE4sUj0HfGc8MdaO3iRxVl6tKwB5yNqZhPmJoCe2SDgAuFI7'],
  ['digits', 22, '3141592653589793238462643383279502884197169399375105820974944592'],
  ['emoji', 23, '😀🎉🚀❤️👍🏽🇩🇪🧑‍💻🍕🔥✨'],
  ['one letter', 50, 'a'.repeat(400)],
];

describe('estimateTokens', () => {
  it.each(COUNTED)('is near the truth for %s', (_kind, tokens, text) => {
    const ratio = estimateTokens(text) / tokens;
    expect(ratio).toBeGreaterThanOrEqual(0.75);
    expect(ratio).toBeLessThanOrEqual(1.6);
  });

  it('is a little high over all of them together, as a reservation should be', () => {
    const tokens = COUNTED.reduce((sum, [, count]) => sum + count, 0);
    const estimated = COUNTED.reduce((sum, [, , text]) => sum + estimateTokens(text), 0);
    expect(estimated / tokens).toBeGreaterThanOrEqual(1);
    expect(estimated / tokens).toBeLessThanOrEqual(1.3);
  });

  it('is nothing for nothing', () => {
    expect(estimateTokens('')).toBe(0);
  });

  it('is at least one and at most the UTF-8 bytes, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (text) => {
        const tokens = estimateTokens(text);
        expect(Number.isInteger(tokens) && tokens >= 1).toBe(true);
        expect(tokens).toBeLessThanOrEqual(Buffer.byteLength(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['one letter', 'a'],
    ['ever new classes', 'aB3 -é字🎉'],
    ['half of a pair', '\ud83d'],
    ['spaces', ' \n'],
  ])('takes no longer than any other text of its length for 200,000 of %s', (_kind, piece) => {
    const text = Buffer.from(piece.repeat(200_000 / piece.length), 'utf16le').toString('utf16le');
    const start = performance.now();
    estimateTokens(text);
    // About a millisecond; exact tokenizers take seconds to minutes for some of these.
    expect(performance.now() - start).toBeLessThan(100);
  });

  it('is at most the UTF-8 bytes for every code unit, alone and repeated', () => {
    for (let unit = 0; unit <= 0xffff; unit++) {
      const text = String.fromCharCode(unit).repeat(7);
      if (estimateTokens(text) > Buffer.byteLength(text)) throw new Error(`Over its bytes: U+${unit.toString(16)}`);
    }
  });
});
