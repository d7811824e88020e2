import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createServiceAllocators } from '../../../../apiserver/registry/service-allocators.ts';
import { strategyFor } from '../../../../apiserver/registry/strategies/strategies.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../../../apiserver/registry/validate-object-meta.ts';
import { applyDefaults } from '../../../../apiserver/schema/apply-defaults.ts';
import { decodeObject } from '../../../../apiserver/schema/decode.ts';
import { orderKeys } from '../../../../apiserver/schema/order-keys.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';
import { loadSchema } from '../../../../shared/api/schema/load-schema.ts';
import type { ElementSchema, ScalarKind } from '../../../../shared/api/schema/schema-document.ts';
import { BUILT_IN_RESOURCES, type ResourceInfo } from '../../../../shared/api/scheme.ts';
import { ApiError } from '../../../../shared/machinery/api-error.ts';

const OBJECTS_A_KIND = 100;
const CONTEXT = { now: 0, namespace: 'demo', user: { name: 'alice', groups: [] } };

/** Objects that decode but are otherwise what chance made them. */
class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  next(): number {
    this.#state = (this.#state * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.#state / 2 ** 31;
  }
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }
  element(element: ElementSchema, depth: number): unknown {
    if (this.next() < 0.05) return null;
    if (element.ref !== undefined) return this.object(element.ref, depth + 1);
    if (element.array !== undefined) return this.times(() => this.element(element.array ?? {}, depth + 1));
    if (element.map !== undefined)
      return Object.fromEntries(this.times(() => [this.pick(TEXTS), this.element(element.map ?? {}, depth + 1)]));
    if (element.enum !== undefined && this.next() < 0.8) return this.pick(loadSchema().enums[element.enum] ?? ['']);
    return this.pick(SCALARS[element.scalar ?? 'any']);
  }
  object(typeName: string, depth = 0): unknown {
    const type = loadSchema().types[typeName];
    if (type?.codec !== undefined || depth > 9) return {};
    const density = depth < 3 ? 0.8 : 0.35;
    const fields = Object.entries(type?.fields ?? {}).filter(() => this.next() < density);
    return Object.fromEntries(fields.map(([name, field]) => [name, this.element(field, depth)]));
  }
  times<T>(make: () => T): T[] {
    return Array.from({ length: Math.floor(this.next() * 3) }, make);
  }
}

const TEXTS = [
  '',
  'a',
  'a',
  'web-1',
  'A_b',
  'x/y',
  '../x',
  '..',
  '10.0.0.1',
  '50%',
  '%',
  '*/5 * * * *',
  '__proto__',
  'cpu',
  'storage',
  'é'.repeat(200),
];
const SCALARS: Record<ScalarKind, readonly unknown[]> = {
  string: TEXTS,
  bool: [true, false],
  int32: [0, 1, -1, 80, 2 ** 31 - 1],
  int64: [0, 1, -1, 600, 2 ** 40],
  float64: [0, 0.5, -1],
  bytes: ['', 'AAEC'],
  any: [1, 'x', {}],
  quantity: ['0', '1', '-1', '500m', '1Gi', 0.5, '1e3', '1n'],
  'int-or-string': [0, 80, -5, '25%', '200%', 'web', ''],
  time: ['2024-01-31T12:00:00Z'],
  'micro-time': ['2024-01-31T12:00:00.000001Z'],
  duration: ['1h', '-5s'],
  'raw-object': [{ a: 1 }],
  'fields-v1': [{ 'f:a': {} }],
  json: [1, { a: 1 }],
};

function make(info: ResourceInfo, chance: Chance): UntypedObject {
  const { object } = decodeObject(info.type, chance.object(info.type));
  applyDefaults(info, object);
  return object;
}

/** Runs what a create and an update run; an ApiError is an answer, anything else a crash. */
function exercise(info: ResourceInfo, object: UntypedObject, old: UntypedObject): void {
  const strategy = strategyFor(info);
  const allocators = createServiceAllocators({ cidr: '10.0.0.0/16', nodePortRange: { from: 1, to: 65_535 }, random: () => 0 });
  try {
    strategy.prepareForCreate?.(object, CONTEXT);
    if (info.id === 'services') allocators.onCreate(object);
    validateObjectMeta(object, { namespaced: info.namespaced, validateName: strategy.validateName });
    strategy.validate?.(object, CONTEXT);
    strategy.warnings?.(object);
    strategy.selectableFields?.(object);
    strategy.prepareForUpdate?.(object, old, CONTEXT);
    if (info.id === 'services') allocators.onUpdate(object, old);
    validateObjectMetaUpdate(object, old);
    strategy.validateUpdate?.(object, old, CONTEXT);
    strategy.validateStatusUpdate?.(object, old, CONTEXT);
    strategy.gracePeriodSeconds?.(object, undefined);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  const ordered = orderKeys(info.type, object);
  assert.equal(JSON.stringify(orderKeys(info.type, structuredClone(ordered))), JSON.stringify(ordered));
}

describe('a strategy answers whatever decodes', () => {
  for (const info of BUILT_IN_RESOURCES) {
    test(info.id, () => {
      const chance = new Chance(info.id.length * 104_729);
      for (let i = 0; i < OBJECTS_A_KIND; i++) exercise(info, make(info, chance), make(info, chance));
    });
  }
});
