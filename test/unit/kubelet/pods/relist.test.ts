import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Relist } from '../../../../kubelet/pods/relist.ts';
import type { RuntimeDriver, SandboxStatus } from '../../../../kubelet/runtime/driver.ts';
import { SimulatedDriver } from '../../../../kubelet/runtime/simulated/driver.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { silentLog } from '../../../support/silent-log.ts';

const spec = (podUid: string) => ({
  podUid,
  namespace: 'ns',
  name: podUid,
  attempt: 0,
  hostname: podUid,
  labels: {},
  annotations: {},
  logDirectory: '/none',
});

class CountingDriver extends SimulatedDriver {
  lists = 0;
  override async list(): Promise<SandboxStatus[]> {
    this.lists++;
    return super.list();
  }
}

function relistOf(driver: RuntimeDriver, clock: FakeClock): { relist: Relist; changed: string[] } {
  const changed: string[] = [];
  return { relist: new Relist({ driver, clock, log: silentLog, changed: (uid) => changed.push(uid) }), changed };
}

test('relist tells each pod whose sandboxes changed, once', async () => {
  const clock = new FakeClock();
  const driver = new SimulatedDriver({ clock });
  const { relist, changed } = relistOf(driver, clock);
  const { id } = await driver.runSandbox(spec('a'));
  await driver.runSandbox(spec('b'));
  await relist.refresh();
  await relist.refresh();
  assert.deepEqual(changed.splice(0), ['a', 'b']);
  await driver.removeSandbox(id);
  await relist.refresh();
  assert.deepEqual([changed.splice(0), relist.podUids()], [['a'], ['b']]);
});

test('calls at the same time share a list that is younger than each of them', async () => {
  const clock = new FakeClock();
  const driver = new CountingDriver({ clock });
  const { relist } = relistOf(driver, clock);
  await Promise.all(Array.from({ length: 10 }, () => relist.refresh()));
  assert.equal(driver.lists, 2); // the first one's, and one for all who came while it ran
});

test('relist follows hints, and looks every 30 s without one', async () => {
  const clock = new FakeClock();
  const driver = new CountingDriver({ clock });
  const { relist, changed } = relistOf(driver, clock);
  const stop = new AbortController();
  const running = relist.run(stop.signal);
  await settle();
  await driver.runSandbox(spec('a'));
  await settle();
  assert.deepEqual(changed, ['a']);
  const before = driver.lists;
  await clock.advance(60_000);
  assert.equal(driver.lists, before + 2);
  stop.abort();
  await running;
});
