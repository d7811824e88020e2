import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { writeAtomically } from '../../../../kubelet/volumes/atomic-writer.ts';
import type { Payload } from '../../../../kubelet/volumes/volume-source.ts';

const NOW = Date.UTC(2024, 0, 2, 3, 4, 5);
const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));

describe('writeAtomically', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'atomic-writer-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const visible = (): string[] =>
    readdirSync(directory)
      .filter((name) => !name.startsWith('..'))
      .sort();
  const read = (path: string): string => readFileSync(join(directory, path), 'utf8');

  test('shows each file through ..data', async () => {
    assert.equal(await writeAtomically(directory, payload({ a: 'A', 'sub/dir/b': 'B' }, 0o400), NOW), true);
    assert.deepEqual([visible(), read('a'), read('sub/dir/b')], [['a', 'sub'], 'A', 'B']);
    assert.match(readlinkSync(join(directory, '..data')), /^\.\.2024_01_02_03_04_05\.\w{6}$/);
    assert.equal(readlinkSync(join(directory, 'a')), '..data/a');
    assert.equal(statSync(join(directory, 'a')).mode & 0o777, 0o400);
  });

  const changes: { name: string; to: Payload; wrote: boolean; want: string[] }[] = [
    { name: 'the same', to: payload({ a: 'A', b: 'B' }), wrote: false, want: ['a', 'b'] },
    { name: 'another content', to: payload({ a: 'A', b: 'C' }), wrote: true, want: ['a', 'b'] },
    { name: 'another mode', to: payload({ a: 'A', b: 'B' }, 0o600), wrote: true, want: ['a', 'b'] },
    { name: 'one less', to: payload({ b: 'B' }), wrote: true, want: ['b'] },
    { name: 'one more', to: payload({ a: 'A', b: 'B', 'c/d': 'D' }), wrote: true, want: ['a', 'b', 'c'] },
    { name: 'nothing', to: payload({}), wrote: true, want: [] },
  ];
  for (const { name, to, wrote, want } of changes) {
    test(`changes to ${name}`, async () => {
      await writeAtomically(directory, payload({ a: 'A', b: 'B' }), NOW);
      assert.equal(await writeAtomically(directory, to, NOW + 60_000), wrote);
      assert.deepEqual(visible(), want);
      for (const [path, { data, mode }] of to)
        assert.deepEqual([read(path), statSync(join(directory, path)).mode & 0o777], [String(data), mode]);
      assert.equal(readdirSync(directory).filter((entry) => entry.startsWith('..2')).length, 1);
    });
  }

  test('finishes what a killed writer began', async () => {
    await writeAtomically(directory, payload({ a: 'A' }), NOW);
    rmSync(join(directory, 'a'));
    symlinkSync('nowhere', join(directory, '..data_tmp'));
    await writeAtomically(directory, payload({ a: 'A' }), NOW);
    assert.equal(read('a'), 'A');
    await writeAtomically(directory, payload({ a: 'B' }), NOW);
    assert.equal(read('a'), 'B');
    assert.ok(lstatSync(join(directory, '..data')).isSymbolicLink());
  });

  for (const path of ['/a', '../a', 'a/../b', '..a', 'x'.repeat(256), '']) {
    test(`refuses the path ${JSON.stringify(path.slice(0, 10))}`, async () => {
      await assert.rejects(writeAtomically(directory, payload({ [path]: '' }), NOW), /^VolumeError: invalid path/);
      assert.deepEqual(visible(), []);
    });
  }
});
