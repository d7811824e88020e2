import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Lease } from '../../../../shared/api/generated/coordination-v1.ts';
import type { ApiClient } from '../../../../shared/client/api-client.ts';
import { type LeaderElectionOptions, runLeaderElection } from '../../../../shared/client/leader-election.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { silentLog } from '../../../support/silent-log.ts';
import { MemoryClient } from './memory-client.ts';

interface Candidate {
  leading: boolean;
  stop: AbortController;
  done: Promise<string>;
}

function candidate(identity: string, clock: FakeClock, client: ApiClient, more: Partial<LeaderElectionOptions> = {}): Candidate {
  const stop = new AbortController();
  const self: Candidate = { leading: false, stop, done: Promise.resolve('') };
  const onStartedLeading = (signal: AbortSignal): Promise<void> => {
    self.leading = true;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        self.leading = false;
        resolve();
      });
    });
  };
  const options = {
    client,
    identity,
    leaseName: 'l',
    namespace: 'kube-system',
    clock,
    log: silentLog,
    random: () => 0.5,
    onStartedLeading,
    ...more,
  };
  self.done = runLeaderElection(options, stop.signal).then(
    () => 'stopped',
    (error: Error) => error.message,
  );
  return self;
}

const leaseOf = (server: MemoryClient): Lease['spec'] => (server.objects.get('leases kube-system/l') as unknown as Lease).spec;

describe('runLeaderElection', () => {
  test('leads at once with a fresh lease, renews it, and hands it over when stopped', async () => {
    const [server, clock] = [new MemoryClient(), new FakeClock()];
    const a = candidate('a', clock, server.client());
    await settle();
    const b = candidate('b', clock, server.client());
    await clock.advance(60_000);
    assert.deepEqual([a.leading, b.leading], [true, false]);
    assert.deepEqual(
      { ...leaseOf(server), renewTime: '' },
      {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: '2024-01-01T00:00:00.000000Z',
        renewTime: '',
        leaseTransitions: 0,
      },
    );
    a.stop.abort();
    await settle();
    assert.equal(await a.done, 'stopped');
    assert.equal(leaseOf(server).holderIdentity, '');
    await clock.advance(5_000);
    assert.equal(b.leading, true);
    assert.equal(leaseOf(server).leaseTransitions, 1);
    b.stop.abort();
    await b.done;
  });

  test('takes over from a leader that died, after its lease ran out', async () => {
    const [server, clock] = [new MemoryClient(), new FakeClock()];
    let dead = false;
    const never = new Promise<void>(() => undefined);
    const a = candidate(
      'a',
      clock,
      server.client(() => (dead ? never : undefined)),
    );
    await settle();
    const b = candidate('b', clock, server.client());
    await clock.advance(1_000);
    dead = true;
    await clock.advance(14_000);
    assert.equal(b.leading, false);
    await clock.advance(6_000);
    assert.equal(b.leading, true);
    assert.equal(await Promise.race([a.done, settle().then(() => 'pending')]), 'pending'); // its hanging call never returns
    b.stop.abort();
    await b.done;
  });

  test('steps down before others may take over when it cannot renew', async () => {
    const [server, clock] = [new MemoryClient(), new FakeClock()];
    const a = candidate('a', clock, server.client());
    await clock.advance(1_000);
    server.before = () => {
      throw new Error('down');
    };
    await clock.advance(8_900);
    assert.equal(a.leading, true);
    await clock.advance(200);
    assert.equal(a.leading, false);
    assert.equal(await a.done, 'leaderelection lost');
  });

  test('ends with the error of what it leads', async () => {
    const [server, clock] = [new MemoryClient(), new FakeClock()];
    const a = candidate('a', clock, server.client(), { onStartedLeading: async () => Promise.reject(new Error('broken')) });
    assert.equal(await a.done, 'broken');
    assert.equal(leaseOf(server).holderIdentity, '');
  });

  test('never has two leaders, whatever calls fail, hang or arrive late', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const [server, clock] = [new MemoryClient(), new FakeClock()];
      const random = generator(seed);
      const gate = async (_: string, signal: AbortSignal | undefined): Promise<void> => {
        const chance = random();
        if (chance < 0.15) throw new Error('lost');
        if (chance < 0.4) await clock.sleep(random() * 14_000, signal ?? new AbortController().signal);
      };
      const candidates = new Map<string, Candidate>();
      let lives = 0;
      let led = 0;
      for (let step = 0; step < 240; step++) {
        for (const name of ['a', 'b', 'c']) {
          const now = candidates.get(name);
          if (now === undefined || now.stop.signal.aborted) {
            const made = candidate(`${name}-${lives++}`, clock, server.client(gate), { random });
            candidates.set(name, made);
            void made.done.then(() => made.stop.abort());
          } else if (random() < 0.01) now.stop.abort();
        }
        await clock.advance(500);
        const leaders = [...candidates.values()].filter(({ leading }) => leading).length;
        assert.ok(leaders <= 1, `seed ${seed}: ${leaders} leaders after ${step} steps`);
        led += leaders;
      }
      assert.ok(led > 60, `seed ${seed}: led for ${led} of 240 steps`);
      for (const { stop } of candidates.values()) stop.abort();
      await clock.advance(30_000);
    }
  });
});

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
