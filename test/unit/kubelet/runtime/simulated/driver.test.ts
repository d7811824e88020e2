import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RuntimeDriver } from '../../../../../kubelet/runtime/driver.ts';
import { behaviourOf } from '../../../../../kubelet/runtime/simulated/behaviour.ts';
import { SimulatedDriver } from '../../../../../kubelet/runtime/simulated/driver.ts';
import { containerSpec, sandboxSpec } from '../../../../contract/runtime-driver.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

const { signal } = new AbortController();
const nothing = { startAfterMs: 0, exitAfterMs: undefined, exitCode: 0, message: '', startError: undefined, ignoresTerm: false };

describe('behaviourOf', () => {
  const cases = [
    { name: 'nothing', annotations: {}, want: nothing },
    {
      name: 'all fields',
      annotations: {
        'kubernetus.dev/simulate': '{"startAfter":"1m1.5s","exitAfter":"250ms","exitCode":3,"message":"bye","ignoresTerm":true}',
      },
      want: { ...nothing, startAfterMs: 61_500, exitAfterMs: 250, exitCode: 3, message: 'bye', ignoresTerm: true },
    },
    {
      name: 'its own before all',
      annotations: {
        'kubernetus.dev/simulate': '{"exitCode":1}',
        'simulate.kubernetus.dev/main': '{"exitCode":2}',
        'simulate.kubernetus.dev/other': '{"exitCode":3}',
      },
      want: { ...nothing, exitCode: 2 },
    },
    {
      name: 'what cannot be read as nothing',
      annotations: { 'kubernetus.dev/simulate': '{"exitAfter":"soon","exitCode":"x","message":1}' },
      want: nothing,
    },
    { name: 'what is no object as nothing', annotations: { 'kubernetus.dev/simulate': '[not json' }, want: nothing },
  ];
  for (const { name, annotations, want } of cases)
    test(`reads ${name}`, () => assert.deepEqual(behaviourOf('main', annotations as Record<string, string>), want));
});

describe('SimulatedDriver', () => {
  test('moves states on the clock', async () => {
    const clock = new FakeClock(1_000);
    const driver: RuntimeDriver = new SimulatedDriver({ clock });
    const annotations = { 'kubernetus.dev/simulate': '{"startAfter":"2s","exitAfter":"5s","exitCode":4,"message":"done"}' };
    const { id } = await driver.runSandbox(sandboxSpec('/none', { annotations }), signal);
    const container = await driver.createContainer(id, containerSpec('/none'), signal);
    const started = driver.startContainer(container);
    const seen: unknown[] = [];
    for (const afterMs of [1_999, 1, 4_999, 1]) {
      await clock.advance(afterMs);
      const [status] = (await driver.list())[0]?.containers ?? [];
      seen.push([status?.state, status?.startedAt, status?.finishedAt, status?.exitCode, status?.message]);
    }
    await started;
    assert.deepEqual(seen, [
      ['created', 0, 0, 0, ''],
      ['running', 3_000, 0, 0, ''],
      ['running', 3_000, 0, 0, ''],
      ['exited', 3_000, 8_000, 4, 'done'],
    ]);
    assert.equal(clock.pending, 0);
  });

  test('does not start a container that was removed meanwhile', async () => {
    const clock = new FakeClock();
    const driver: RuntimeDriver = new SimulatedDriver({ clock });
    const { id } = await driver.runSandbox(
      sandboxSpec('/none', { annotations: { 'kubernetus.dev/simulate': '{"startAfter":"2s"}' } }),
      signal,
    );
    const started = driver.startContainer(await driver.createContainer(id, containerSpec('/none'), signal));
    await driver.removeSandbox(id);
    await clock.advance(2_000);
    await started;
    assert.deepEqual(await driver.list(), []);
  });
});
