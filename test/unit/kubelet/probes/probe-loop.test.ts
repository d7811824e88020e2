import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeKind, ProbeResult } from '../../../../kubelet/probes/probe.ts';
import { ProbeLoop } from '../../../../kubelet/probes/probe-loop.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function start(
  clock: FakeClock,
  results: ProbeResult[],
  probe: object,
  kind: ProbeKind = 'Readiness',
): { verdicts: string[]; probes: number[]; loop: ProbeLoop } {
  const begin = clock.now();
  const verdicts: string[] = [];
  const probes: number[] = [];
  const loop = new ProbeLoop({
    kind,
    probe,
    containerStartedAt: begin,
    clock,
    run: async () => {
      probes.push((clock.now() - begin) / 1000);
      return { result: results.shift() ?? 'success', message: '' };
    },
    outcome: () => undefined,
    verdict: (_kind, verdict) => verdicts.push(`${(clock.now() - begin) / 1000}s ${verdict}`),
  });
  loop.start();
  return { verdicts, probes, loop };
}

test('a probe begins at once and goes on every period', async () => {
  const clock = new FakeClock();
  const { probes } = start(clock, [], {});
  await clock.advance(25_000);
  assert.deepEqual(probes, [0, 10, 20]);
});

test('a probe waits out its initial delay', async () => {
  const clock = new FakeClock();
  const { probes } = start(clock, [], { initialDelaySeconds: 7, periodSeconds: 2 });
  await clock.advance(10_000);
  assert.deepEqual(probes, [7, 9]);
});

test('a verdict needs as many equal outcomes in a row as its threshold', async () => {
  const clock = new FakeClock();
  const results: ProbeResult[] = [
    'success',
    'failure',
    'failure',
    'success',
    'failure',
    'failure',
    'failure',
    'failure',
    'success',
    'unknown',
    'success',
  ];
  const { verdicts } = start(clock, results, { periodSeconds: 1, failureThreshold: 3, successThreshold: 2 });
  await clock.advance(10_500);
  assert.deepEqual(verdicts, ['6s failure', '10s success']);
});

test('readiness is tried often in its first period', async () => {
  const clock = new FakeClock();
  const { probes, verdicts } = start(clock, ['failure', 'failure', 'failure'], {});
  await clock.advance(11_000);
  assert.deepEqual([probes, verdicts], [[0, 0.1, 0.3, 0.7, 10.7], ['0.7s success']]);
});

test('failures of the startup probe count after its first period', async () => {
  const clock = new FakeClock();
  const { probes, verdicts } = start(
    clock,
    Array.from({ length: 20 }, () => 'failure' as const),
    { periodSeconds: 1, failureThreshold: 3 },
    'Startup',
  );
  await clock.advance(3_000);
  assert.deepEqual([probes, verdicts], [[0, 0.1, 0.3, 0.7, 1, 2, 3], ['3s failure']]);
});

test('liveness is asked from the end of its first period on', async () => {
  const clock = new FakeClock();
  const { probes, verdicts } = start(clock, ['failure'], { failureThreshold: 1 }, 'Liveness');
  await clock.advance(10_000);
  assert.deepEqual([probes, verdicts], [[10], ['10s failure']]);
});

test('liveness is asked after its initial delay', async () => {
  const clock = new FakeClock();
  const { probes } = start(clock, [], { initialDelaySeconds: 3 }, 'Liveness');
  await clock.advance(15_000);
  assert.deepEqual(probes, [3, 13]);
});

test('a stopped probe stays silent', async () => {
  const clock = new FakeClock();
  const { probes, loop } = start(clock, [], { periodSeconds: 1 });
  await clock.advance(1_000);
  loop.stop();
  await clock.advance(10_000);
  assert.deepEqual(probes, [0, 1]);
  assert.equal(clock.pending, 0);
});
