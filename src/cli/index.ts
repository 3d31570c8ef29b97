#!/usr/bin/env node
/** The `postern` command: gives a sub-command its arguments, and turns what it throws into a message and an exit code. */
import { main } from './main.ts';

// No top-level await: the builder makes a CommonJS file of each entry as well, where it does not exist.
main(process.argv.slice(2), process).then((code) => {
  process.exitCode = code;
});
