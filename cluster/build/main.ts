import { build } from './build.ts';

/** `node --import tsx cluster/build/main.ts DIRECTORY`: bundles every component for a quick start. */
const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: main.ts DIRECTORY');
const started = performance.now();
await build(directory);
console.error(`built in ${Math.round(performance.now() - started)} ms`);
