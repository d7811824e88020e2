import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMetricsRegistry } from '../../../../shared/component/metrics.ts';

function own(text: string): string[] {
  return text.split('\n').filter((line) => line.includes('test_'));
}

describe('MetricsRegistry', () => {
  test('renders counters and gauges with escaped labels', () => {
    const metrics = createMetricsRegistry();
    const counter = metrics.counter('test_total', 'Counts\nthings.', ['code', 'path']);
    counter.inc({ code: '200', path: '/"x"\\' });
    counter.inc({ path: '/"x"\\', code: '200' }, 2);
    metrics.gauge('test_gauge', 'A gauge.').set(1.5);
    assert.deepEqual(own(metrics.render()), [
      '# HELP test_total Counts\\nthings.',
      '# TYPE test_total counter',
      'test_total{code="200",path="/\\"x\\"\\\\"} 3',
      '# HELP test_gauge A gauge.',
      '# TYPE test_gauge gauge',
      'test_gauge 1.5',
    ]);
  });

  test('renders histograms cumulatively', () => {
    const metrics = createMetricsRegistry();
    const histogram = metrics.histogram('test_seconds', 'Time.', [0.1, 1], ['verb']);
    for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value, { verb: 'get' });
    assert.deepEqual(own(metrics.render()).slice(2), [
      'test_seconds_bucket{verb="get",le="0.1"} 2',
      'test_seconds_bucket{verb="get",le="1"} 3',
      'test_seconds_bucket{verb="get",le="+Inf"} 4',
      'test_seconds_sum{verb="get"} 7.65',
      'test_seconds_count{verb="get"} 4',
    ]);
  });

  test('gives the same metric to all who ask for it, and updates on scrape', () => {
    const metrics = createMetricsRegistry();
    metrics.counter('test_total', 'x').inc();
    metrics.counter('test_total', 'x').inc();
    const gauge = metrics.gauge('test_gauge', 'x');
    metrics.onScrape(() => gauge.set(5));
    assert.deepEqual(
      own(metrics.render()).filter((line) => !line.startsWith('#')),
      ['test_total 2', 'test_gauge 5'],
    );
    assert.throws(() => metrics.gauge('test_total', 'x'), /is a counter, not a gauge/);
  });
});
