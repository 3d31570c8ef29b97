/** Which details of an event may be told: those of Postern's own policies. A policy of the app's own may put anything beside them. */

/** Facts of a refusal or warning that help to read it. */
export const SPEND_DETAILS: readonly string[] = [
  'scope',
  'subject',
  'window',
  'limit_usd',
  'spent_usd',
  'held_usd',
  'requested_usd',
  'resets_at',
  'threshold',
  'override_until',
];

export function toldDetails(
  details: Readonly<Record<string, unknown>>,
  names: readonly string[],
): [name: string, value: string | number][] {
  return names.flatMap((name) => {
    const value = details[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
  });
}
