import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createServiceAllocators } from '../../../../apiserver/registry/service-allocators.ts';
import { applyDefaults } from '../../../../apiserver/schema/apply-defaults.ts';
import { decodeObject } from '../../../../apiserver/schema/decode.ts';
import type { Service } from '../../../../shared/api/generated/core-v1.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';
import { resourceInfo } from '../../../../shared/api/scheme.ts';

const INFO = resourceInfo('services');
const make = (cidr = '10.0.0.0/28') => createServiceAllocators({ cidr, nodePortRange: { from: 30_000, to: 30_002 }, random: () => 0 });

function service(spec: object): UntypedObject {
  const { object } = decodeObject(INFO.type, { metadata: { name: 's' }, spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec } });
  applyDefaults(INFO, object);
  return object;
}
const specOf = (object: UntypedObject): Service['spec'] => object['spec'] as Service['spec'];
const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('createServiceAllocators', () => {
  test('gives an address and a family, never the first of the range', () => {
    const s = service({});
    make().onCreate(s);
    const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = specOf(s);
    assert.deepEqual(
      { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy },
      {
        clusterIP: '10.0.0.2',
        clusterIPs: ['10.0.0.2'],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      },
    );
  });

  test('takes a wanted address once, and again after undo and delete', () => {
    const allocators = make();
    const first = service({ clusterIP: allocators.firstAddress });
    allocators.onCreate(first).undo();
    allocators.onCreate(first).commit();
    assert.equal(
      message(() => allocators.onCreate(service({ clusterIP: '10.0.0.1' }))),
      'Service "s" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.1"]: failed to allocate IP 10.0.0.1: provided IP is already allocated',
    );
    assert.equal(
      message(() => allocators.onCreate(service({ clusterIP: '1.2.3.4' }))),
      'Service "s" is invalid: spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided IP (1.2.3.4) is not in the valid range. The range of valid IPs is 10.0.0.0/28',
    );
    allocators.onDelete(first);
    allocators.onCreate(service({ clusterIP: '10.0.0.1' }));
  });

  test('says when the range is full', () => {
    const allocators = make('10.0.0.0/30');
    allocators.onCreate(service({}));
    assert.equal(
      message(() => allocators.onCreate(service({}))),
      'Internal error occurred: failed to allocate a serviceIP: range is full',
    );
  });

  test('gives node ports, one for a port of both protocols', () => {
    const s = service({
      type: 'NodePort',
      ports: [
        { port: 53, protocol: 'TCP', name: 't' },
        { port: 53, protocol: 'UDP', name: 'u' },
        { port: 80, name: 'w' },
      ],
    });
    make().onCreate(s);
    assert.deepEqual(
      (specOf(s).ports ?? []).map(({ nodePort }) => nodePort),
      [30_000, 30_000, 30_001],
    );
  });

  test('refuses a node port that is taken or outside the range', () => {
    const allocators = make();
    allocators.onCreate(service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] }));
    const nodePort = (port: number): string =>
      message(() => allocators.onCreate(service({ type: 'NodePort', ports: [{ port: 80, nodePort: port }] })));
    assert.equal(
      nodePort(30_001),
      'Service "s" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
    );
    assert.equal(
      nodePort(80),
      'Service "s" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-30002',
    );
  });

  test('an update keeps what it does not mention, and frees what the new type has no use for', () => {
    const allocators = make();
    const old = service({ type: 'NodePort' });
    allocators.onCreate(old).commit();
    const same = service({ type: 'NodePort' });
    allocators.onUpdate(same, old).commit();
    assert.deepEqual(specOf(same), specOf(old));
    const inner = service({ type: 'ClusterIP' });
    allocators.onUpdate(inner, old).commit();
    assert.equal(specOf(inner).clusterIP, specOf(old).clusterIP);
    const other = service({ type: 'NodePort', ports: [{ port: 80, nodePort: specOf(old).ports?.[0]?.nodePort }] });
    allocators.onCreate(other).commit();
  });

  test('leaves headless services without an address, and knows stored ones', () => {
    const allocators = make();
    const headless = service({ clusterIP: 'None' });
    allocators.onCreate(headless);
    assert.deepEqual(specOf(headless).clusterIPs, ['None']);
    allocators.rebuild([service({ clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] })]);
    const next = service({});
    allocators.onCreate(next);
    assert.equal(specOf(next).clusterIP, '10.0.0.3');
  });
});
