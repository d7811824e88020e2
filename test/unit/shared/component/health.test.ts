import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerHealth, createHealthRegistry } from '../../../../shared/component/health.ts';
import { serveHealth } from '../../../../shared/component/health-server.ts';
import { createMetricsRegistry } from '../../../../shared/component/metrics.ts';

function registry(informers: string | undefined) {
  const health = createHealthRegistry();
  health.add('informer-sync', () => informers, ['readyz']);
  return health;
}

describe('answerHealth', () => {
  const cases: { name: string; path: string; failing?: boolean; want: { code: number; body: string } | undefined }[] = [
    { name: 'is brief when all is well', path: '/readyz', want: { code: 200, body: 'ok' } },
    {
      name: 'lists the checks if asked',
      path: '/readyz?verbose',
      want: { code: 200, body: '[+]ping ok\n[+]informer-sync ok\nreadyz check passed\n' },
    },
    {
      name: 'lists them on a failure, without the reason',
      path: '/readyz',
      failing: true,
      want: { code: 500, body: '[+]ping ok\n[-]informer-sync failed: reason withheld\nreadyz check failed\n' },
    },
    {
      name: 'has only its own checks',
      path: '/livez?verbose',
      failing: true,
      want: { code: 200, body: '[+]ping ok\nlivez check passed\n' },
    },
    {
      name: 'has all of them in healthz',
      path: '/healthz',
      failing: true,
      want: { code: 500, body: '[+]ping ok\n[-]informer-sync failed: reason withheld\nhealthz check failed\n' },
    },
    {
      name: 'leaves out what is excluded',
      path: '/readyz?verbose&exclude=informer-sync',
      failing: true,
      want: { code: 200, body: '[+]ping ok\n[+]informer-sync excluded: ok\nreadyz check passed\n' },
    },
    {
      name: 'warns of an unknown exclusion',
      path: '/livez?verbose&exclude=x',
      want: { code: 200, body: '[+]ping ok\nwarn: some health checks cannot be excluded: no matches for "x"\nlivez check passed\n' },
    },
    { name: 'answers for one check', path: '/readyz/ping', failing: true, want: { code: 200, body: 'ok' } },
    {
      name: 'says why one check fails',
      path: '/readyz/informer-sync',
      failing: true,
      want: { code: 500, body: 'internal server error: not synced\n' },
    },
    { name: 'knows no other check', path: '/livez/informer-sync', want: { code: 404, body: '404 page not found\n' } },
    { name: 'leaves other paths to others', path: '/metrics', want: undefined },
  ];
  for (const { name, path, failing = false, want } of cases) {
    test(name, () => {
      const { pathname, searchParams } = new URL(path, 'http://x');
      assert.deepEqual(answerHealth(registry(failing ? 'not synced' : undefined), pathname, searchParams), want);
    });
  }
});

test('serveHealth serves health and metrics until it is stopped', async () => {
  const stop = new AbortController();
  const { address } = await serveHealth(
    { host: '127.0.0.1', port: 0, health: registry(undefined), metrics: createMetricsRegistry() },
    stop.signal,
  );
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://${address}${path}`);
    return `${response.status} ${(await response.text()).split('\n')[0]}`;
  };
  assert.deepEqual(await Promise.all(['/healthz', '/metrics', '/other'].map(get)), [
    '200 ok',
    '200 # HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.',
    '404 404 page not found',
  ]);
  stop.abort();
  await assert.rejects(fetch(`http://${address}/healthz`));
});
