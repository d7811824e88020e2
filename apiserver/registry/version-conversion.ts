import type { UntypedObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceInfo, resourceInfo } from '../../shared/api/scheme.ts';
import { orderKeys } from '../schema/order-keys.ts';
import { type CachedObject, withOwners } from '../storage/watch-cache-object.ts';
import { encodedHead } from './object-meta.ts';
import type { Encoded } from './object-store.ts';

/** Between a version that is served and the version that is stored. Answers are made once per stored revision. */
export class VersionConversion {
  readonly info: ResourceInfo;
  readonly storedInfo: ResourceInfo;
  /** What all objects of the served version begin with. */
  readonly head: string;
  readonly #rules: ConversionRules;
  readonly #encoded = new WeakMap<CachedObject, Encoded>();

  constructor(info: ResourceInfo, rules: ConversionRules) {
    this.info = info;
    this.storedInfo = rules.stored;
    this.head = encodedHead(info);
    this.#rules = rules;
  }

  toStored(object: UntypedObject): UntypedObject {
    return this.#rules.toStored(object);
  }

  /** The object itself where the versions do not differ. */
  fromStoredObject(stored: UntypedObject): UntypedObject {
    const converted = this.#rules.fromStored(stored);
    if (converted === stored) return stored;
    const { kind: _kind, apiVersion: _apiVersion, ...object } = converted;
    return orderKeys(this.info.type, { kind: this.info.kind, apiVersion: groupVersion(this.info), ...object });
  }

  fromStored(cached: CachedObject): UntypedObject {
    return this.encoded(cached).object;
  }

  encoded(cached: CachedObject): Encoded {
    let encoded = this.#encoded.get(cached);
    if (encoded === undefined) {
      const object = this.fromStoredObject(cached.object);
      encoded =
        object === cached.object ? cached : { object, bytes: Buffer.from(JSON.stringify(withOwners(object, cached.managedFields))) };
      this.#encoded.set(cached, encoded);
    }
    return encoded;
  }
}

interface ConversionRules {
  stored: ResourceInfo;
  toStored(object: UntypedObject): UntypedObject;
  fromStored(object: UntypedObject): UntypedObject;
}

/** Resources that are stored as another version of themselves, by id. */
export const CONVERSIONS: Readonly<Record<string, ConversionRules>> = {
  'events.events.k8s.io': { stored: resourceInfo('events'), toStored: eventToCore, fromStored: eventFromCore },
  'horizontalpodautoscalers.v1.autoscaling': {
    stored: resourceInfo('horizontalpodautoscalers'),
    toStored: scalerToV2,
    fromStored: scalerFromV2,
  },
};

/** events.k8s.io/v1 field → core/v1 field. Source: kubernetes pkg/apis/events/v1 conversion. */
const EVENT_FIELDS: readonly [string, string][] = [
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];
const TO_CORE = new Map(EVENT_FIELDS);
const FROM_CORE = new Map(EVENT_FIELDS.map(([ours, core]) => [core, ours]));

function eventToCore(object: UntypedObject): UntypedObject {
  return rename(object, TO_CORE);
}

function eventFromCore(object: UntypedObject): UntypedObject {
  return rename(object, FROM_CORE);
}

function rename(object: UntypedObject, names: ReadonlyMap<string, string>): UntypedObject {
  return Object.fromEntries(Object.entries(object).map(([field, value]) => [names.get(field) ?? field, value])) as UntypedObject;
}

interface ResourceMetric {
  type: string;
  resource?: { name: string; target?: { type?: string; averageUtilization?: number }; current?: { averageUtilization?: number } };
}
/** Where autoscaling/v1 keeps what it has no field for. Source: kubernetes pkg/apis/autoscaling/annotations.go. */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';

function scalerToV2(object: UntypedObject): UntypedObject {
  const { targetCPUUtilizationPercentage: percent, ...spec } = (object.spec ?? {}) as Record<string, unknown>;
  const { currentCPUUtilizationPercentage: current, ...status } = (object.status ?? {}) as Record<string, unknown>;
  const annotations = { ...object.metadata.annotations };
  const taken = <T>(name: string, otherwise: T): T => {
    const text = annotations[name];
    delete annotations[name];
    if (text === undefined) return otherwise;
    try {
      return JSON.parse(text) as T;
    } catch {
      return otherwise; // as upstream: what cannot be read is dropped
    }
  };
  const cpu = (part: object): object => ({ type: 'Resource', resource: { name: 'cpu', ...part } });
  const metrics = taken<object[]>(METRICS, []);
  const currentMetrics = taken<object[]>(CURRENT_METRICS, []);
  const behavior = taken<object | undefined>(BEHAVIOR, undefined);
  const conditions = taken<object[] | undefined>(CONDITIONS, undefined);
  if (percent !== undefined) metrics.unshift(cpu({ target: { type: 'Utilization', averageUtilization: percent } }));
  if (current !== undefined) currentMetrics.unshift(cpu({ current: { averageUtilization: current } }));
  return {
    ...object,
    metadata: withAnnotations(object.metadata, annotations),
    spec: { ...spec, ...(metrics.length > 0 && { metrics }), ...(behavior && { behavior }) },
    status: { ...status, currentMetrics: currentMetrics.length > 0 ? currentMetrics : null, ...(conditions && { conditions }) },
  };
}

function scalerFromV2(object: UntypedObject): UntypedObject {
  const { metrics = [], behavior, ...spec } = (object.spec ?? {}) as { metrics?: ResourceMetric[]; behavior?: object };
  const { currentMetrics, conditions, ...status } = (object.status ?? {}) as {
    currentMetrics?: ResourceMetric[] | null;
    conditions?: object[];
  };
  const annotations = { ...object.metadata.annotations };
  const ofCpu = (metric: ResourceMetric): boolean => metric.type === 'Resource' && metric.resource?.name === 'cpu';
  const target = metrics.find((m) => ofCpu(m) && m.resource?.target?.averageUtilization !== undefined);
  const current = (currentMetrics ?? []).find((m) => ofCpu(m) && m.resource?.current?.averageUtilization !== undefined);
  const keep = (name: string, value: unknown): void => {
    if (value !== undefined && (!Array.isArray(value) || value.length > 0)) annotations[name] = JSON.stringify(value);
  };
  keep(
    METRICS,
    metrics.filter((m) => m !== target),
  );
  keep(
    CURRENT_METRICS,
    (currentMetrics ?? []).filter((m) => m !== current),
  );
  keep(BEHAVIOR, behavior);
  keep(CONDITIONS, conditions);
  const percent = target?.resource?.target?.averageUtilization;
  const now = current?.resource?.current?.averageUtilization;
  return {
    ...object,
    metadata: withAnnotations(object.metadata, annotations),
    spec: { ...spec, ...(percent !== undefined && { targetCPUUtilizationPercentage: percent }) },
    status: { ...status, ...(now !== undefined && { currentCPUUtilizationPercentage: now }) },
  };
}

function withAnnotations(metadata: UntypedObject['metadata'], annotations: Record<string, string>): UntypedObject['metadata'] {
  const { annotations: _old, ...rest } = metadata;
  return Object.keys(annotations).length === 0
    ? (rest as UntypedObject['metadata'])
    : ({ ...rest, annotations } as UntypedObject['metadata']);
}
