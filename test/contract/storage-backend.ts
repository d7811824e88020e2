import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type ChangeBatch,
  type ChangeStream,
  type Entry,
  isStorageError,
  type Op,
  type Revision,
  type StorageBackend,
  type StorageErrorCode,
} from '../../apiserver/storage/backend.ts';
import { compareKeys, inRange } from '../../apiserver/storage/key-encoding.ts';
import { type Clock, realClock } from '../../shared/machinery/clock.ts';

export interface OpenedBackend {
  backend: StorageBackend;
  /** Closes the store and opens it again with the same data; absent where nothing outlives the process. */
  reopen?: () => Promise<StorageBackend>;
  cleanup: () => Promise<void>;
}

const ALL = { start: '/', end: '0' };

/** What every storage backend promises, as tests. */
export function storageBackendContract(name: string, open: (options: { clock: Clock }) => Promise<OpenedBackend>): void {
  describe(`${name}: contract of StorageBackend`, () => {
    let opened: OpenedBackend;
    let store: StorageBackend;
    let stopping: AbortController;
    let now = 1_000_000;

    beforeEach(async () => {
      now = 1_000_000;
      opened = await open({ clock: { ...realClock, now: () => now } });
      store = opened.backend;
      stopping = new AbortController();
    });
    afterEach(async () => {
      stopping.abort();
      await opened.cleanup();
    });

    const put = (key: string, text: string): Promise<{ revision: Revision }> => store.txn([], [{ put: key, value: bytes(text) }]);
    const del = (key: string): Promise<{ revision: Revision }> => store.txn([], [{ delete: key }]);
    const watch = (range: { start: string; end?: string }, after: Revision): ChangeStream => store.watch(range, after, stopping.signal);

    test('an empty store is at revision 0 and has an id', async () => {
      assert.equal(store.revision(), 0);
      assert.equal(store.compactedRevision(), 0);
      assert.notEqual(store.clusterId, '');
      assert.deepEqual(await store.range(ALL), { revision: 0, entries: [], more: false });
    });

    test('many ops get one revision', async () => {
      const result = await store.txn([], [put1('/a', '1'), put1('/b', '2')]);
      assert.deepEqual(result, { succeeded: true, revision: 1, current: [] });
      assert.deepEqual(texts((await store.range(ALL)).entries), ['/a=1@1/1', '/b=2@1/1']);
    });

    test('an overwrite keeps the create revision, a new life after a delete does not', async () => {
      await put('/a', '1');
      await put('/a', '2');
      assert.equal(text(await store.get('/a')), '/a=2@1/2');
      await del('/a');
      assert.equal(await store.get('/a'), undefined);
      await put('/a', '3');
      assert.equal(text(await store.get('/a')), '/a=3@4/4');
    });

    test('the last op for a key wins within a transaction', async () => {
      await store.txn([], [put1('/a', '1'), { delete: '/a' }, put1('/b', '1'), put1('/b', '2')]);
      assert.deepEqual(texts((await store.range(ALL)).entries), ['/b=2@1/1']);
    });

    test('a transaction that changes nothing makes no revision', async () => {
      await put('/a', '1');
      assert.deepEqual(await store.txn([], [{ delete: '/none' }]), { succeeded: true, revision: 1, current: [] });
      assert.deepEqual(await store.txn([{ key: '/a', modRevision: 1 }], []), { succeeded: true, revision: 1, current: [] });
      assert.equal(store.revision(), 1);
    });

    test('a failed guard changes nothing and answers with the current entries', async () => {
      await put('/a', '1');
      const guards = [
        { key: '/a', modRevision: 0 },
        { key: '/b', modRevision: 0 },
      ];
      const result = await store.txn(guards, [put1('/a', '2'), put1('/b', '2')]);
      assert.equal(result.succeeded, false);
      assert.equal(result.revision, 1);
      assert.deepEqual(result.current.map(text), ['/a=1@1/1', undefined]);
      assert.deepEqual(texts((await store.range(ALL)).entries), ['/a=1@1/1']);
    });

    test('of transactions that race for one key, one wins and the others see it', async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.txn([{ key: '/a', modRevision: 0 }], [put1('/a', String(i))])),
      );
      assert.deepEqual(
        results.map(({ succeeded }) => succeeded),
        results.map((_, i) => i === 0),
      );
      for (const { current } of results.slice(1)) assert.deepEqual(current.map(text), ['/a=0@1/1']);
    });

    test('transactions apply in the order of the calls and see those before them', async () => {
      const results = await Promise.all([
        store.txn([], [put1('/a', '1')]),
        store.txn([{ key: '/a', modRevision: 1 }], [put1('/a', '2')]),
        store.txn([{ key: '/a', modRevision: 2 }], [{ delete: '/a' }]),
        store.txn([{ key: '/a', modRevision: 0 }], [put1('/a', '4')]),
      ]);
      assert.deepEqual(
        results.map(({ succeeded, revision }) => [succeeded, revision]),
        [1, 2, 3, 4].map((revision) => [true, revision]),
      );
      assert.equal(text(await store.get('/a')), '/a=4@4/4');
    });

    for (const key of ['', 'a\0b', '\ud800']) {
      test(`refuses the key ${JSON.stringify(key)} and changes nothing`, async () => {
        await assert.rejects(store.txn([], [put1('/a', '1'), put1(key, '1')]), RangeError);
        assert.equal(store.revision(), 0);
        assert.equal(await store.get('/a'), undefined);
      });
    }

    test('ranges are in byte order, half open, and limited', async () => {
      const keys = ['/a', '/a/b', '/a0', '/é', '/\u{1f600}', '/\uffee', '/A', '/a\x01'];
      for (const key of keys) await put(key, '');
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const all = await store.range(ALL);
      assert.deepEqual(
        all.entries.map(({ key }) => key),
        sorted,
      );
      const two = await store.range({ start: '/a', end: '/b' }, { limit: 2 });
      assert.deepEqual(
        two.entries.map(({ key }) => key),
        ['/a', '/a\x01'],
      );
      assert.equal(two.more, true);
      assert.equal((await store.range({ start: '/a', end: '/b' }, { limit: 4 })).more, false);
      assert.deepEqual(texts((await store.range({ start: '/a' })).entries), ['/a=@1/1']);
    });

    test('reads at an older revision', async () => {
      await put('/a', '1');
      await put('/b', '2');
      await put('/a', '3');
      await del('/b');
      await put('/a/x', '5');
      const at = async (revision: Revision): Promise<string[]> => texts((await store.range(ALL, { at: revision })).entries);
      assert.deepEqual(await at(0), []);
      assert.deepEqual(await at(1), ['/a=1@1/1']);
      assert.deepEqual(await at(2), ['/a=1@1/1', '/b=2@2/2']);
      assert.deepEqual(await at(3), ['/a=3@1/3', '/b=2@2/2']);
      assert.deepEqual(await at(4), ['/a=3@1/3']);
      assert.deepEqual(await at(5), ['/a=3@1/3', '/a/x=5@5/5']);
      const first = await store.range(ALL, { at: 3, limit: 1 });
      assert.deepEqual([texts(first.entries), first.more, first.revision], [['/a=3@1/3'], true, 5]);
      const next = await store.range({ start: '/a\0', end: '/c' }, { at: 3 }); // as the next page of a list begins
      assert.deepEqual(texts(next.entries), ['/b=2@2/2']);
      assert.deepEqual(texts((await store.range({ start: '/a\0', end: '/b\0' }, { at: 5 })).entries), ['/a/x=5@5/5']);
      assert.deepEqual(texts((await store.range({ start: '/a', end: '/a\0' }, { at: 5 })).entries), ['/a=3@1/3']);
      assert.equal(text(await store.version('/a', 1)), '/a=1@1/1');
      assert.equal(await store.version('/a', 2), undefined);
      await rejectsWith('FUTURE_REVISION', store.range(ALL, { at: 6 }));
    });

    test('a watch has all changes after its revision, from history and live, in order', async () => {
      await put('/a', '1');
      await put('/b', '2');
      await put('/x', '3');
      const batches = collect(watch({ start: '/a', end: '/c' }, 1), 4);
      await store.txn([], [put1('/a', '4'), put1('/x', '4'), { delete: '/b' }]);
      await put('/x', '5');
      await put('/a', '6');
      await put('/b', '7');
      assert.deepEqual((await batches).map(show), [
        '2: /b=2@2/2',
        '4: /a=4@1/4 (was 1/1), -/b (was 2/2)',
        '6: /a=6@1/6 (was 1/4)',
        '7: /b=7@7/7',
      ]);
    });

    test('a watch of one key sees only that key', async () => {
      const batches = collect(watch({ start: '/a' }, 0), 2);
      await put('/a', '1');
      await put('/a/b', '2');
      await put('/a', '3');
      assert.deepEqual((await batches).map(show), ['1: /a=1@1/1', '3: /a=3@1/3 (was 1/1)']);
    });

    test('watches of overlapping ranges each get their part', async () => {
      const ranges = [{ start: '/a', end: '/z' }, { start: '/b', end: '/c' }, { start: '/b/1' }, { start: '/b/0', end: '/b/2' }];
      const all = ranges.map((range) => collect(watch(range, 0), 1));
      await new Promise(setImmediate);
      await store.txn([], [put1('/a', ''), put1('/b/1', ''), put1('/c', '')]);
      const keys = (await Promise.all(all)).map(([batch]) => batch?.changes.map((c) => (c.type === 'put' ? c.entry.key : c.key)));
      assert.deepEqual(keys, [['/a', '/b/1', '/c'], ['/b/1'], ['/b/1'], ['/b/1']]);
    });

    test('a slow watch misses nothing, though far more happens than is kept for it', async () => {
      const stream = watch(ALL, 0)[Symbol.asyncIterator]();
      const seen: Revision[] = [];
      const take = async (): Promise<void> => {
        const result = await stream.next();
        if (!result.done) seen.push(result.value.revision);
      };
      const first = take();
      const total = 10_000;
      await Promise.all(Array.from({ length: total }, (_, i) => put(`/k${i % 100}`, String(i))));
      await first;
      while (seen.length < total) await take();
      assert.deepEqual(
        seen,
        Array.from({ length: total }, (_, i) => i + 1),
      );
    });

    test('a watch so slow that its history is compacted away is told so', async () => {
      const stream = watch(ALL, 0)[Symbol.asyncIterator]();
      const first = stream.next();
      await Promise.all(Array.from({ length: 10_000 }, (_, i) => put('/a', String(i))));
      await first;
      await store.compact(9_000);
      await rejectsWith(
        'COMPACTED',
        (async () => {
          for (;;) if ((await stream.next()).done) return;
        })(),
      );
      assert.equal((await stream.next()).done, true);
    });

    test('a watch of what seldom changes outlives the compaction of all else', async () => {
      const stream = watch({ start: '/quiet' }, 0);
      const changes = stream[Symbol.asyncIterator]();
      const next = async (): Promise<string> => {
        const result = await changes.next();
        return result.done ? 'done' : show(result.value);
      };
      await put('/quiet', '1');
      assert.equal(await next(), '1: /quiet=1@1/1');
      stream.requestProgress();
      assert.equal(await next(), '1: '); // it has caught up: what is compacted from now on it has had
      const second = next();
      await Promise.all(Array.from({ length: 500 }, () => put('/busy', '')));
      await store.compact(501);
      await put('/quiet', '2');
      assert.equal(await second, '502: /quiet=2@1/502 (was 1/1)');
      const third = next();
      await Promise.all(Array.from({ length: 500 }, () => put('/busy', '')));
      await store.compact(1002);
      await put('/quiet', '3');
      assert.equal(await third, '1003: /quiet=3@1/1003 (was 1/502)');
    });

    test('a progress mark comes behind all changes up to it', async () => {
      const stream = watch({ start: '/a' }, 0);
      const changes = stream[Symbol.asyncIterator]();
      const next = async (): Promise<string> => {
        const result = await changes.next();
        return result.done ? 'done' : show(result.value);
      };
      await put('/a', '1');
      assert.equal(await next(), '1: /a=1@1/1');
      await put('/b', '2');
      stream.requestProgress();
      assert.equal(await next(), '2: ');
      const waiting = next();
      await put('/b', '3');
      stream.requestProgress();
      assert.equal(await waiting, '3: ');
      await put('/a', '4');
      stream.requestProgress();
      assert.equal(await next(), '4: /a=4@1/4 (was 1/1)');
    });

    test('a progress mark that is asked for before reading tells the newest revision', async () => {
      await put('/a', '1');
      const stream = watch({ start: '/b' }, 0);
      stream.requestProgress();
      assert.deepEqual((await collect(stream, 1)).map(show), ['1: ']);
    });

    test('a watch ends with its signal, and when the store closes', async () => {
      const own = new AbortController();
      const aborted = collect(store.watch(ALL, 0, own.signal), 5);
      const closed = collect(watch(ALL, 0), 5);
      await put('/a', '1');
      await new Promise(setImmediate);
      own.abort();
      assert.equal((await aborted).length, 1);
      assert.deepEqual(await collect(store.watch(ALL, 0, own.signal), 1), []);
      await store.close();
      assert.equal((await closed).length, 1);
    });

    test('refuses a watch after a revision that was never given out', async () => {
      await put('/a', '1');
      await rejectsWith('FUTURE_REVISION', collect(watch(ALL, 2), 1));
    });

    test('compaction keeps what can be seen at its revision or later', async () => {
      await put('/a', '1');
      await put('/b', '2');
      await put('/a', '3');
      await del('/b');
      await put('/a', '5');
      await put('/b', '6');
      await store.compact(4);
      assert.equal(store.compactedRevision(), 4);
      for (const at of [0, 3]) await rejectsWith('COMPACTED', store.range(ALL, { at }));
      await rejectsWith('COMPACTED', collect(watch(ALL, 3), 1));
      await rejectsWith('COMPACTED', store.history(3));
      assert.deepEqual(texts((await store.range(ALL, { at: 4 })).entries), ['/a=3@1/3']);
      assert.deepEqual(texts((await store.range(ALL, { at: 5 })).entries), ['/a=5@1/5']);
      assert.deepEqual((await collect(watch(ALL, 4), 2)).map(show), ['5: /a=5@1/5 (was 1/3)', '6: /b=6@6/6']);
      assert.deepEqual(
        (await store.history(4)).map(({ revision }) => revision),
        [5, 6],
      );
      assert.equal(await store.version('/a', 1), undefined);
      assert.equal(text(await store.version('/a', 3)), '/a=3@1/3');
      await store.compact(2);
      assert.equal(store.compactedRevision(), 4);
      await rejectsWith('FUTURE_REVISION', store.compact(7));
      await store.compact(6);
      assert.deepEqual(texts((await store.range(ALL)).entries), ['/a=5@1/5', '/b=6@6/6']);
      assert.deepEqual(await store.history(6), []);
    });

    test('the log tells who wrote when, and what it was a reaction to', async () => {
      await store.txn([], [put1('/a', 'xy'), put1('/b', '')], { provenance: { actor: { user: 'ann' } } });
      now = 900_000; // the wall clock was set back
      await store.txn([], [{ delete: '/a' }], { provenance: { actor: { user: 'system:node:n1', component: 'kubelet' }, cause: 1 } });
      now = 2_000_000;
      await put('/c', '');
      const records = await store.history(0);
      assert.deepEqual(
        records.map(({ totalBytes: _, ...record }) => record),
        [
          {
            revision: 1,
            at: 1_000_000,
            actor: { user: 'ann' },
            changes: [
              { key: '/a', type: 'put' },
              { key: '/b', type: 'put' },
            ],
          },
          {
            revision: 2,
            at: 1_000_000,
            actor: { user: 'system:node:n1', component: 'kubelet' },
            cause: 1,
            changes: [{ key: '/a', type: 'delete' }],
          },
          { revision: 3, at: 2_000_000, actor: { user: 'system:apiserver' }, changes: [{ key: '/c', type: 'put' }] },
        ],
      );
      assert.deepEqual(
        records.map(({ totalBytes }) => totalBytes),
        [6, 8, 10],
      );
      assert.deepEqual(
        (await store.history(1, { limit: 1 })).map(({ revision }) => revision),
        [2],
      );
      assert.deepEqual(await store.history(3), []);
      await rejectsWith('FUTURE_REVISION', store.history(4));
    });

    test('knows the keys of a lease', async () => {
      const leased = (key: string, leaseId: string): Op => ({ put: key, value: bytes(''), leaseId });
      await store.txn([], [leased('/a', 'l1'), leased('/b', 'l1'), leased('/c', 'l2'), put1('/d', '')]);
      assert.deepEqual(store.leasedKeys('l1').sort(), ['/a', '/b']);
      await store.txn([], [leased('/a', 'l2'), put1('/b', ''), { delete: '/c' }]);
      assert.deepEqual(store.leasedKeys('l1'), []);
      assert.deepEqual(store.leasedKeys('l2'), ['/a']);
    });

    test('after close, everything is refused', async () => {
      await put('/a', '1');
      await store.close();
      await store.close();
      await rejectsWith('CLOSED', store.get('/a'));
      await rejectsWith('CLOSED', store.range(ALL));
      await rejectsWith('CLOSED', put('/a', '2'));
      await rejectsWith('CLOSED', store.compact(1));
      await rejectsWith('CLOSED', collect(watch(ALL, 0), 1));
    });

    test('writes that are under way when the store closes are made', async () => {
      const pending = Promise.all([put('/a', '1'), put('/b', '2')]);
      await store.close();
      assert.deepEqual(
        (await pending).map(({ revision }) => revision),
        [1, 2],
      );
    });

    test('all is there after opening again', async (t) => {
      if (opened.reopen === undefined) return t.skip('nothing outlives the process');
      const id = store.clusterId;
      await store.txn([], [{ put: '/a', value: bytes('1'), leaseId: 'l1' }, put1('/b', '1')]);
      await put('/a', '2');
      await store.txn([], [{ put: '/c', value: bytes('3'), leaseId: 'l1' }]);
      await del('/b');
      await store.compact(2);
      store = await opened.reopen();
      assert.equal(store.clusterId, id);
      assert.deepEqual([store.revision(), store.compactedRevision()], [4, 2]);
      assert.deepEqual(texts((await store.range(ALL)).entries), ['/a=2@1/2', '/c=3@3/3']);
      assert.deepEqual(texts((await store.range(ALL, { at: 2 })).entries), ['/a=2@1/2', '/b=1@1/1']);
      assert.deepEqual(store.leasedKeys('l1'), ['/c']);
      const before = (await store.history(2)).at(-1)?.totalBytes ?? 0;
      await put('/a', '5');
      assert.equal((await store.history(4))[0]?.totalBytes, before + 3);
      assert.deepEqual((await collect(watch(ALL, 3), 2)).map(show), ['4: -/b (was 1/1)', '5: /a=5@1/5 (was 1/2)']);
    });

    test('agrees with a simple model, whatever is done to it', async () => {
      const key = fc.constantFrom('/a', '/a/b', '/a/c', '/b', '/c');
      const op = fc.oneof(
        fc.record({ put: key, text: fc.string({ maxLength: 4 }) }).map(({ put: k, text: t }): Op => put1(k, t)),
        key.map((k): Op => ({ delete: k })),
      );
      const txn = fc.record({
        type: fc.constant('txn' as const),
        guarded: fc.option(fc.record({ key, stale: fc.boolean() }), { nil: undefined }),
        ops: fc.array(op, { minLength: 1, maxLength: 4 }),
      });
      const share = fc.double({ min: 0, max: 1, noNaN: true });
      const step = fc.oneof(
        { arbitrary: txn, weight: 10 },
        { arbitrary: share.map((at) => ({ type: 'compact' as const, at })), weight: 1 },
        { arbitrary: share.map((at) => ({ type: 'read' as const, at })), weight: 3 },
        { arbitrary: fc.constant({ type: 'reopen' as const }), weight: 1 },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const run = await open({ clock: realClock });
          const stop = new AbortController();
          try {
            let backend = run.backend;
            const model = new Model();
            let compacted = 0;
            const seen: string[] = [];
            const watching = follow(backend.watch(ALL, 0, stop.signal), seen);
            for (const one of steps) {
              if (one.type === 'txn') {
                const guard = one.guarded && {
                  key: one.guarded.key,
                  modRevision: model.modRevision(one.guarded.key) + (one.guarded.stale ? 1 : 0),
                };
                const result = await backend.txn(guard === undefined ? [] : [guard], one.ops);
                assert.equal(result.succeeded, one.guarded?.stale !== true);
                if (result.succeeded) model.apply(one.ops);
                else assert.deepEqual(result.current.map(text), [text(model.now().get(guard?.key ?? ''))]);
                assert.equal(result.revision, model.revision);
              } else if (one.type === 'compact') {
                compacted = Math.max(compacted, Math.floor(one.at * model.revision));
                await backend.compact(compacted);
              } else if (one.type === 'read') {
                const at = compacted + Math.floor(one.at * (model.revision - compacted));
                assert.deepEqual(texts((await backend.range(ALL, { at })).entries), model.at(at));
              } else if (run.reopen !== undefined && !stop.signal.aborted) {
                stop.abort(); // a watch does not outlive its store
                await watching;
                assert.deepEqual(seen, model.log.slice(0, seen.length));
                backend = await run.reopen();
              }
            }
            const inside = { start: '/a', end: '/b' };
            assert.deepEqual(
              texts((await backend.range(inside)).entries),
              model.at(model.revision, (k) => inRange(inside, k)),
            );
            if (model.revision > compacted) {
              const history = await collect(backend.watch(ALL, compacted, new AbortController().signal), model.revision - compacted);
              assert.deepEqual(history.map(show), model.log.slice(compacted));
            }
            await backend.close();
            await watching;
            assert.deepEqual(seen, model.log.slice(0, seen.length));
          } finally {
            stop.abort();
            await run.cleanup();
          }
        }),
        { numRuns: opened.reopen === undefined ? 200 : 40 },
      );
    });
  });
}

/** A store as it could be written on a page: one map a revision. */
class Model {
  readonly #states: Map<string, Entry>[] = [new Map()];
  /** What a watch of everything shows, one line a revision. */
  readonly log: string[] = [];

  get revision(): Revision {
    return this.#states.length - 1;
  }

  now(): ReadonlyMap<string, Entry> {
    return this.#states.at(-1) ?? new Map();
  }

  modRevision(key: string): Revision {
    return this.now().get(key)?.modRevision ?? 0;
  }

  apply(ops: readonly Op[]): void {
    const revision = this.revision + 1;
    const old = this.now();
    const next = new Map(old);
    const lines: string[] = [];
    for (const [key, op] of new Map(ops.map((one) => ['put' in one ? one.put : one.delete, one]))) {
      const previous = old.get(key);
      const was = previous === undefined ? '' : ` (was ${previous.createRevision}/${previous.modRevision})`;
      if ('put' in op) {
        const entry = { key, value: op.value, createRevision: previous?.createRevision ?? revision, modRevision: revision };
        next.set(key, entry);
        lines.push(`${text(entry)}${was}`);
      } else if (next.delete(key)) {
        lines.push(`-${key}${was}`);
      }
    }
    if (lines.length === 0) return;
    this.#states.push(next);
    this.log.push(`${revision}: ${lines.join(', ')}`);
  }

  at(revision: Revision, wanted: (key: string) => boolean = () => true): (string | undefined)[] {
    const entries = [...(this.#states[revision]?.values() ?? [])].filter(({ key }) => wanted(key));
    return entries.sort((a, b) => compareKeys(a.key, b.key)).map(text);
  }
}

function bytes(value: string): Uint8Array {
  return Buffer.from(value);
}

function put1(key: string, value: string): Op {
  return { put: key, value: bytes(value) };
}

function text(entry: Entry | undefined): string | undefined {
  return entry && `${entry.key}=${Buffer.from(entry.value).toString()}@${entry.createRevision}/${entry.modRevision}`;
}

function texts(entries: readonly Entry[]): string[] {
  return entries.map((entry) => text(entry) ?? '');
}

function show({ revision, changes }: ChangeBatch): string {
  const lines = changes.map((change) => {
    const was = change.previous === undefined ? '' : ` (was ${change.previous.createRevision}/${change.previous.modRevision})`;
    return `${change.type === 'put' ? text(change.entry) : `-${change.key}`}${was}`;
  });
  return `${revision}: ${lines.join(', ')}`;
}

/** The first `count` batches, or fewer if the watch ends. */
async function collect(stream: ChangeStream, count: number): Promise<ChangeBatch[]> {
  const batches: ChangeBatch[] = [];
  for await (const batch of stream) {
    batches.push(batch);
    if (batches.length === count) break;
  }
  return batches;
}

/** Ends as the watch does; one that was compacted away has ended too. */
async function follow(stream: ChangeStream, seen: string[]): Promise<void> {
  try {
    for await (const batch of stream) seen.push(show(batch));
  } catch (error) {
    if (!isStorageError(error, 'COMPACTED')) throw error;
  }
}

async function rejectsWith(code: StorageErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => isStorageError(error, code));
}
