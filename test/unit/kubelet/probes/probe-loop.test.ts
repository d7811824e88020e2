import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeResult } from '../../../../kubelet/probes/probe.ts';
import { ProbeLoop } from '../../../../kubelet/probes/probe-loop.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function start(clock: FakeClock, results: ProbeResult[], probe: object): { verdicts: string[]; probes: number[]; loop: ProbeLoop } {
  const begin = clock.now();
  const verdicts: string[] = [];
  const probes: number[] = [];
  const loop = new ProbeLoop({
    kind: 'Readiness',
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

test('a stopped probe stays silent', async () => {
  const clock = new FakeClock();
  const { probes, loop } = start(clock, [], { periodSeconds: 1 });
  await clock.advance(1_000);
  loop.stop();
  await clock.advance(10_000);
  assert.deepEqual(probes, [0, 1]);
  assert.equal(clock.pending, 0);
});
