/** Property tests draw new values in each run, and print their seed when they fail; `POSTERN_SEED=<integer>` makes them draw the same ones. */
const seed = process.env.POSTERN_SEED;

if (seed !== undefined) {
  if (!/^-?\d{1,10}$/.test(seed)) throw new Error(`POSTERN_SEED must be an integer, and is ${JSON.stringify(seed)}`);
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ seed: Number(seed) });
}
