import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type LogQuery, readLog } from '../../../../kubelet/logs/log-reader.ts';
import { realClock } from '../../../../shared/machinery/clock.ts';

const T = (second: number): string => `2024-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z`;
const all: LogQuery = { follow: false, timestamps: false, stream: 'All' };

async function text(path: string, query: Partial<LogQuery> = {}): Promise<string> {
  const parts: Buffer[] = [];
  const options = { path, query: { ...all, ...query }, clock: realClock, finished: () => true };
  for await (const part of readLog(options, new AbortController().signal)) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('readLog', () => {
  let directory: string;
  let path: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-reader-'));
    path = join(directory, '0.log');
    writeFileSync(`${path}.20240101-000001.000`, `${T(1)} stdout F one\n${T(2)} stderr F two\n`);
    writeFileSync(`${path}.20240101-000003.000`, `${T(3)} stdout P thr\n${T(3)} stdout F ee\n`);
    writeFileSync(path, `${T(4)} stdout F four\nnot a log line\n${T(5)} stdout P five`.concat('\n'));
  });
  after(() => rmSync(directory, { recursive: true }));

  const cases: { name: string; query: Partial<LogQuery>; want: string }[] = [
    { name: 'reads rotated files first', query: {}, want: 'one\ntwo\nthree\nfour\nfive' },
    {
      name: 'shows a time once a line',
      query: { timestamps: true, sinceMs: Date.parse(T(3)) },
      want: `${T(3)} three\n${T(4)} four\n${T(5)} five`,
    },
    { name: 'takes the end', query: { tailLines: 1 }, want: 'five' },
    { name: 'takes the end across files', query: { tailLines: 6 }, want: 'two\nthree\nfour\nfive' },
    { name: 'takes all when asked for more than there is', query: { tailLines: 100 }, want: 'one\ntwo\nthree\nfour\nfive' },
    { name: 'takes nothing of 0 lines', query: { tailLines: 0 }, want: '' },
    { name: 'selects a stream', query: { stream: 'Stderr' }, want: 'two\n' },
    { name: 'stops inside a line at the limit', query: { limitBytes: 6 }, want: 'one\ntw' },
  ];
  for (const { name, query, want } of cases) test(name, async () => assert.equal(await text(path, query), want));

  test('reads nothing where there is no log', async () => assert.equal(await text(join(directory, 'none', '0.log')), ''));

  test('finds the last lines of a long file', async () => {
    const long = join(directory, 'long.log');
    writeFileSync(long, Array.from({ length: 20_000 }, (_, n) => `${T(n % 60)} stdout F line ${n}\n`).join(''));
    assert.equal(await text(long, { tailLines: 2 }), 'line 19998\nline 19999\n');
    assert.equal((await text(long, { tailLines: 15_000 })).split('\n').length, 15_001);
  });

  test('follows over rotations until the container has finished', async () => {
    const followed = join(directory, 'followed', '0.log');
    let finished = false;
    const options = { path: followed, query: { ...all, follow: true, tailLines: 1 }, clock: realClock, finished: () => finished };
    const reader = readLog(options, new AbortController().signal);
    const steps = [
      () => {
        rmSync(join(directory, 'followed'), { recursive: true, force: true });
        writeFileSync(ensure(followed), `${T(1)} stdout F a\n`);
      },
      () => appendFileSync(followed, `${T(1)} stdout F b\n`),
      () => {
        appendFileSync(followed, `${T(1)} stdout F c\n`);
        renameSync(followed, `${followed}.20240101-000001.000`);
        writeFileSync(followed, `${T(1)} stdout F d\n`);
        renameSync(followed, `${followed}.20240101-000002.000`);
        writeFileSync(followed, `${T(1)} stdout F e\n`);
      },
    ];
    let seen = '';
    for (const [index, step] of steps.entries()) {
      step();
      const enough = 'ab___'.length - (index === 2 ? 0 : 4 - index);
      while (seen.replaceAll('\n', '').length < enough) seen += String((await reader.next()).value);
    }
    finished = true;
    assert.equal((await reader.next()).done, true);
    assert.equal(seen, 'a\nb\nc\nd\ne\n');
  });

  test('stops following when the client leaves', async () => {
    const leaving = new AbortController();
    const options = { path: join(directory, 'never', '0.log'), query: { ...all, follow: true }, clock: realClock, finished: () => false };
    const next = readLog(options, leaving.signal).next();
    leaving.abort();
    assert.equal((await next).done, true);
  });
});

function ensure(path: string): string {
  const parent = join(path, '..');
  rmSync(parent, { recursive: true, force: true });
  mkdirSync(parent, { recursive: true });
  return path;
}
