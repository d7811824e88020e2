import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { LogCopier, type LogCopierOptions } from '../../../../kubelet/logs/log-copier.ts';
import { rotatedFiles } from '../../../../kubelet/logs/log-file.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { silentLog } from '../../../support/silent-log.ts';

const TIME = '2024-01-01T00:00:00.000000000Z';

describe('LogCopier', () => {
  let directory: string;
  let options: LogCopierOptions;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-copier-'));
    mkdirSync(join(directory, 'io'));
    for (const name of ['stdout', 'stderr']) writeFileSync(join(directory, 'io', name), '');
    options = {
      path: join(directory, 'logs', '0.log'),
      maxBytes: 1_000_000,
      maxFiles: 3,
      outputDir: join(directory, 'io'),
      cursorPath: join(directory, 'cursor'),
      clock: new FakeClock(),
      log: silentLog,
    };
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const say = (text: string, stream = 'stdout'): void => appendFileSync(join(directory, 'io', stream), text);
  const log = (): string => readFileSync(options.path, 'utf8').replaceAll(TIME, 'T');
  const copyOnce = (final: boolean): void => {
    const copier = new LogCopier(options);
    copier.start(() => undefined);
    copier.drain(final);
    copier.close();
  };

  const cases: { name: string; says: string; final: boolean; want: string }[] = [
    { name: 'whole lines', says: 'a\nb\n', final: false, want: 'T stdout F a\nT stdout F b\n' },
    { name: 'no unfinished line', says: 'a\nb', final: false, want: 'T stdout F a\n' },
    { name: 'an unfinished line at the end', says: 'a\nb', final: true, want: 'T stdout F a\nT stdout P b\n' },
    {
      name: 'a long line in parts',
      says: `${'x'.repeat(16_384)}y\n`,
      final: true,
      want: `T stdout P ${'x'.repeat(16_384)}\nT stdout F y\n`,
    },
    { name: 'a line of just the limit in one', says: `${'x'.repeat(16_384)}\n`, final: true, want: `T stdout F ${'x'.repeat(16_384)}\n` },
  ];
  for (const { name, says, final, want } of cases) {
    test(`copies ${name}`, () => {
      say(says);
      copyOnce(final);
      assert.equal(log(), want);
    });
  }

  test('goes on where an earlier copier stopped', () => {
    say('a\nb');
    copyOnce(false);
    say('c\n');
    say('err\n', 'stderr');
    copyOnce(false);
    copyOnce(true);
    assert.equal(log(), 'T stdout F a\nT stdout F bc\nT stderr F err\n');
  });

  test('copies again what the last one wrote without remembering it', () => {
    say('a\n');
    copyOnce(false);
    copyFileSync(options.cursorPath, join(directory, 'saved'));
    say('b\n');
    copyOnce(false);
    copyFileSync(join(directory, 'saved'), options.cursorPath); // as if killed between the two writes
    say('c\n');
    copyOnce(true);
    assert.equal(log(), 'T stdout F a\nT stdout F b\nT stdout F c\n');
  });

  test('rotates, keeps so many files, and loses no line between them', () => {
    options.maxBytes = 400_000;
    const lines = Array.from({ length: 40_000 }, (_, n) => `line ${n}\n`);
    for (let at = 0; at < lines.length; at += 1_000) {
      say(lines.slice(at, at + 1_000).join(''));
      copyOnce(false);
    }
    const files = [...rotatedFiles(options.path), options.path];
    assert.equal(files.length, 3);
    const numbers = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/F line (\d+)\n/g)].map((match) => Number(match[1])));
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, n) => 40_000 - numbers.length + n),
    );
    assert.ok(numbers.length > 15_000);
  });

  test('gives copied output back to the file system', { skip: process.platform !== 'linux' }, async () => {
    options.reclaimBytes = 1_000_000;
    const copier = new LogCopier(options);
    copier.start(() => undefined);
    say('0123456789abcde\n'.repeat(200_000));
    copier.drain(false);
    const raw = join(directory, 'io', 'stdout');
    const used = (): number => statSync(raw).blocks * 512;
    for (let tries = 0; used() > 2_500_000 && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(used() < 2_500_000, `${used()} bytes are still used`);
    say('after\n');
    copier.drain(true);
    copier.close();
    const copied = [...rotatedFiles(options.path), options.path].map((file) => readFileSync(file, 'utf8')).join('');
    assert.ok(copied.endsWith('stdout F after\n'));
  });

  test('tells listeners of raw output', () => {
    const copier = new LogCopier(options);
    copier.start(() => undefined);
    const heard: string[] = [];
    copier.listen((stream, chunk) => heard.push(`${stream} ${chunk}`));
    say('no line break');
    copier.drain(false);
    copier.close();
    assert.deepEqual(heard, ['stdout no line break']);
  });
});
