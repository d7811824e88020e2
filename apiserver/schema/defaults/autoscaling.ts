import { fill, type JsonRecord, recordAt, recordsAt } from '../record.ts';
import type { Defaults } from './defaults.ts';

/** Source: kubernetes pkg/apis/autoscaling/v1/defaults.go, v2/defaults.go. */
export const AUTOSCALING_DEFAULTS: Defaults = {
  'autoscaling/v1/HorizontalPodAutoscaler': (object) => {
    const spec = recordAt(object, 'spec');
    if (spec !== undefined) fill(spec, 'minReplicas', 1);
  },
  'autoscaling/v2/HorizontalPodAutoscaler': (object) => {
    const spec = recordAt(object, 'spec');
    if (spec === undefined) return;
    fill(spec, 'minReplicas', 1);
    if (recordsAt(spec, 'metrics').length === 0) spec['metrics'] = [DEFAULT_METRIC()];
    const behavior = recordAt(spec, 'behavior');
    if (behavior !== undefined) defaultBehavior(behavior);
  },
};

const DEFAULT_METRIC = (): JsonRecord => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
});

function defaultBehavior(behavior: JsonRecord): void {
  const up = recordAt(behavior, 'scaleUp') ?? {};
  fill(up, 'stabilizationWindowSeconds', 0);
  fill(up, 'selectPolicy', 'Max');
  fill(up, 'policies', [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ]);
  const down = recordAt(behavior, 'scaleDown') ?? {};
  fill(down, 'selectPolicy', 'Max');
  fill(down, 'policies', [{ type: 'Percent', value: 100, periodSeconds: 15 }]);
  Object.assign(behavior, { scaleUp: up, scaleDown: down });
}
