/**
 * Runs test suites and prints `N passed, N failed` last: `node --import tsx test/run.ts [SUITE…] [--compose] [FILE…]`.
 * Unit, contract and architecture tests share two processes, since starting one costs more than most of them; integration and e2e
 * files get a process each.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareTools } from './support/tools.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const SHARED_PROCESS = ['unit', 'contract', 'architecture', 'docs'];
const OWN_PROCESS = ['integration', 'e2e'];
/** A file that takes longer hangs, ms. */
const FILE_TIMEOUT_MS = 10 * 60_000;

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

async function main(args: readonly string[]): Promise<number> {
  const named = args.filter((arg) => !arg.startsWith('--'));
  const suites = named.filter((name) => SHARED_PROCESS.includes(name) || OWN_PROCESS.includes(name));
  const files = named.filter((name) => name.endsWith('.ts'));
  const chosen = suites.length + files.length === 0 ? [...SHARED_PROCESS, ...OWN_PROCESS] : suites;
  const started = performance.now();
  if (chosen.some((suite) => OWN_PROCESS.includes(suite))) for (const note of await prepareTools(root)) console.log(`note: ${note}`);

  const light = chosen.filter((suite) => SHARED_PROCESS.includes(suite)).flatMap(testFiles);
  const heavy = [...chosen.filter((suite) => OWN_PROCESS.includes(suite)).flatMap(testFiles), ...files];
  if (args.includes('--compose')) heavy.push(...testFiles('compose'));
  const halves = [light.filter((_, i) => i % 2 === 0), light.filter((_, i) => i % 2 === 1)].filter((half) => half.length > 0);
  const totals: Totals[] = await Promise.all(halves.map((half) => runProcess([join(root, 'test/support/run-files.ts'), ...half])));
  for (const file of heavy) {
    const at = performance.now();
    const result = await runProcess([join(root, file)]);
    console.log(
      `${result.failed === 0 ? 'ok  ' : 'FAIL'} ${file} (${result.passed} passed, ${result.failed} failed, ${((performance.now() - at) / 1000).toFixed(1)} s)`,
    );
    totals.push(result);
  }
  const sum = totals.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }), {
    passed: 0,
    failed: 0,
    skipped: 0,
  });
  console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}

/** Test files of a suite, relative to the root, sorted. */
function testFiles(suite: string): string[] {
  if (existsSync(join(root, 'test', `${suite}.test.ts`))) return [`test/${suite}.test.ts`];
  const walk = (folder: string): string[] =>
    readdirSync(folder)
      .sort()
      .flatMap((name) => {
        const path = join(folder, name);
        if (statSync(path).isDirectory()) return walk(path);
        return name.endsWith('.test.ts') ? [relative(root, path)] : [];
      });
  const folder = join(root, 'test', suite);
  return existsSync(folder) ? walk(folder) : [];
}

/** Runs node on a script with the TAP reporter; prints the failures, counts the rest. */
function runProcess(args: readonly string[]): Promise<Totals> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--test-reporter=tap', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: FILE_TIMEOUT_MS,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('close', (code, signal) => {
      const count = (name: string): number => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
      const totals = { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: count('skipped') + count('todo') };
      if (code !== 0 && totals.failed === 0) totals.failed = 1;
      if (totals.failed > 0) console.log(failuresOf(output) || output.slice(-4000), signal === null ? '' : `ended by ${signal}`);
      resolve(totals);
    });
  });
}

/** The parts of a TAP report that belong to failures, and what was printed outside tests. */
function failuresOf(output: string): string {
  const lines = output.split('\n');
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (!/^\s*not ok /.test(line)) continue;
    kept.push(line);
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    if (lines[at + 1] !== `${indent}  ---`) continue;
    for (at++; at < lines.length && lines[at] !== `${indent}  ...`; at++) kept.push(lines[at] ?? '');
  }
  return kept.join('\n');
}

process.exitCode = await main(process.argv.slice(2));
