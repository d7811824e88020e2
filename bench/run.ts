/**
 * Runs every `bench/*.bench.ts`, or those named, one after another and prints their results as one JSON document with the facts of the
 * machine: `node --import tsx bench/run.ts [--doc] [NAME…]`. With `--doc` also writes docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchReport, benchmarksPage } from './benchmarks-page.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
const args = process.argv.slice(2);
const named = args.filter((arg) => !arg.startsWith('--'));
const files = readdirSync(here)
  .filter((file) => file.endsWith('.bench.ts') && (named.length === 0 || named.some((name) => file.startsWith(name))))
  .sort();

const report: BenchReport = {
  machine: {
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: process.platform,
  },
  commit: spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim(),
  at: new Date().toISOString().slice(0, 10),
  results: [],
};
for (const file of files) {
  process.stderr.write(`${file}\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join(here, file)], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const question = /\/\*\*\s*\n \* (.+)/.exec(readFileSync(join(here, file), 'utf8'))?.[1] ?? file;
  if (status === 0) report.results.push({ file, question, result: JSON.parse(stdout) as Record<string, unknown> });
  else {
    process.stderr.write(stderr);
    report.results.push({ file, question, result: { failed: stderr.trim().split('\n').at(-1) ?? '' } });
    process.exitCode = 1;
  }
}
console.log(JSON.stringify(report, null, 2));
if (args.includes('--doc')) writeFileSync(join(root, 'docs', 'benchmarks.md'), benchmarksPage(report));
