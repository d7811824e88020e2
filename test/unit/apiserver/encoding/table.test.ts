import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tableFor, watchTableFor } from '../../../../apiserver/encoding/table.ts';
import { BUILT_IN_PRINTERS } from '../../../../apiserver/encoding/tables/registry.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';
import { BUILT_IN_RESOURCES, type ResourceId, type ResourceInfo, resourceInfo } from '../../../../shared/api/scheme.ts';

const now = Date.parse('2024-01-01T01:00:00Z');
const metadata = { name: 'x', namespace: 'n', uid: 'u', resourceVersion: '7', creationTimestamp: '2024-01-01T00:00:00Z' };

interface Table {
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object: unknown; conditions?: unknown }[];
}

function table(id: ResourceId, object: object): Table {
  return tableFor(resourceInfo(id), [{ metadata, ...object } as unknown as UntypedObject], { includeObject: 'None', now }) as Table;
}

/** Column → cell of the only row. */
function cells(id: ResourceId, object: object): Record<string, unknown> {
  const { columnDefinitions, rows } = table(id, object);
  return Object.fromEntries(columnDefinitions.map(({ name }, i) => [name, rows[0]?.cells[i]]));
}

describe('tableFor', () => {
  test('has a cell for each column of every kind, whatever an object lacks', () => {
    for (const info of BUILT_IN_RESOURCES) {
      const { columnDefinitions, rows } = table(info.id as ResourceId, {});
      assert.equal(rows[0]?.cells.length, columnDefinitions.length, info.id);
    }
  });

  test('does not fail for an object that lacks everything', () => {
    assert.deepEqual(cells('jobs', { spec: null }), {
      ...Object.fromEntries(Object.keys(cells('jobs', {})).map((name) => [name, '<unknown>'])),
      Name: 'x',
    });
    assert.deepEqual(cells('ingresses', {}), { Name: 'x', Class: '<none>', Hosts: '*', Address: '', Ports: '80', Age: '60m' });
  });

  test('names only resources that exist', () => {
    const ids = new Set(BUILT_IN_RESOURCES.map(({ id }) => id));
    assert.deepEqual(
      Object.keys(BUILT_IN_PRINTERS).filter((id) => !ids.has(id)),
      [],
    );
  });

  test('holds as much of the object as asked for', () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1' } } as unknown as UntypedObject;
    const of = (includeObject: 'None' | 'Metadata' | 'Object') =>
      (tableFor(resourceInfo('configmaps'), [object], { includeObject, now }) as Table).rows[0]?.object;
    assert.equal(of('None'), null);
    assert.deepEqual(of('Metadata'), { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata });
    assert.equal(of('Object'), object);
  });

  test('prints scales as such', () => {
    const scale = { kind: 'Scale', metadata, spec: { replicas: 3 }, status: { replicas: 2, selector: 'a=b' } };
    assert.deepEqual(cells('deployments', scale), { Name: 'x', Desired: 3, Available: 2, Age: '60m' });
  });

  test('names the columns of a watch once', () => {
    const object = { metadata } as unknown as UntypedObject;
    const first = watchTableFor(resourceInfo('configmaps'), object, { includeObject: 'None', now, first: true }) as Table;
    const second = watchTableFor(resourceInfo('configmaps'), object, { includeObject: 'None', now, first: false }) as Table;
    assert.equal(first.columnDefinitions.length, 3);
    assert.equal(second.columnDefinitions, null);
    assert.deepEqual(second.rows[0]?.cells, ['x', 0, '60m']);
  });

  test('reads the columns of custom resources by JSONPath', () => {
    const object = {
      metadata,
      spec: { size: 3, tags: ['a', 'b'], on: true },
      status: {
        conditions: [
          { type: 'A', status: 'no' },
          { type: 'Ready', status: 'yes' },
        ],
      },
    } as unknown as UntypedObject;
    const columns = [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Tags', type: 'string', jsonPath: '.spec.tags[*]' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'On', type: 'boolean', jsonPath: '.spec.on' },
      { name: 'Missing', type: 'string', jsonPath: '.spec.none.deep' },
      { name: 'Made', type: 'date', jsonPath: '.metadata.creationTimestamp', priority: 1 },
    ];
    const info = { ...resourceInfo('pods'), id: 'widgets', codec: {}, columns } as unknown as ResourceInfo;
    const made = tableFor(info, [object], { includeObject: 'None', now }) as Table;
    assert.deepEqual(made.rows[0]?.cells, ['x', 3, 'a b', 'yes', true, null, '60m']);
    assert.deepEqual(
      made.columnDefinitions.map(({ priority }) => priority),
      [0, 0, 0, 0, 0, 0, 1],
    );
  });
});

describe('the cells of', () => {
  const cases: { id: ResourceId; object: object; want: Record<string, unknown> }[] = [
    {
      id: 'services',
      object: {
        spec: {
          type: 'NodePort',
          clusterIP: '10.0.0.1',
          ports: [
            { port: 80, nodePort: 30080, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
          selector: { b: '2', a: '1' },
        },
      },
      want: {
        Type: 'NodePort',
        'Cluster-IP': '10.0.0.1',
        'External-IP': '<none>',
        'Port(s)': '80:30080/TCP,53/UDP',
        Selector: 'a=1,b=2',
        Age: '60m',
      },
    },
    { id: 'services', object: { spec: { type: 'LoadBalancer' }, status: {} }, want: { 'External-IP': '<pending>', 'Port(s)': '<none>' } },
    {
      id: 'services',
      object: { spec: { type: 'LoadBalancer', externalIPs: ['9.9.9.9'] }, status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } } },
      want: { 'External-IP': '1.1.1.1,9.9.9.9' },
    },
    {
      id: 'endpoints',
      object: { subsets: [{ addresses: [{ ip: '1.1.1.1' }, { ip: '1.1.1.2' }], ports: [{ port: 80 }, { port: 81 }] }] },
      want: { Endpoints: '1.1.1.1:80,1.1.1.2:80,1.1.1.1:81 + 1 more...' },
    },
    {
      id: 'endpointslices',
      object: { addressType: 'IPv4', endpoints: [], ports: [{ port: 80 }, { name: 'x' }] },
      want: { Ports: '80,x', Endpoints: '<unset>' },
    },
    {
      id: 'nodes',
      object: {
        metadata: { ...metadata, labels: { 'node-role.kubernetes.io/control-plane': '' } },
        spec: { unschedulable: true },
        status: {
          conditions: [{ type: 'Ready', status: 'False' }],
          addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
          nodeInfo: { kubeletVersion: 'v1.36.4' },
        },
      },
      want: {
        Status: 'NotReady,SchedulingDisabled',
        Roles: 'control-plane',
        Version: 'v1.36.4',
        'Internal-IP': '10.0.0.1',
        'External-IP': '<none>',
        'OS-Image': '<unknown>',
      },
    },
    {
      id: 'jobs',
      object: { spec: { completions: 3, template: {} }, status: { succeeded: 1, startTime: '2024-01-01T00:30:00Z' } },
      want: { Status: 'Running', Completions: '1/3', Duration: '30m' },
    },
    {
      id: 'jobs',
      object: { spec: { parallelism: 2, template: {} }, status: { conditions: [{ type: 'Complete', status: 'True' }] } },
      want: { Status: 'Complete', Completions: '0/1 of 2', Duration: '' },
    },
    {
      id: 'cronjobs',
      object: { spec: { schedule: '* * * * *', suspend: false, jobTemplate: {} } },
      want: { Schedule: '* * * * *', Suspend: 'False', 'Last Schedule': '<none>', Timezone: '<none>' },
    },
    {
      id: 'events',
      object: {
        type: 'Normal',
        reason: 'Scheduled',
        message: ' hi\n',
        involvedObject: { kind: 'Pod', name: 'p' },
        source: { component: 'kubelet', host: 'n1' },
        firstTimestamp: '2024-01-01T00:00:00Z',
        lastTimestamp: '2024-01-01T00:59:00Z',
        count: 4,
      },
      want: { 'Last Seen': '60s', 'First Seen': '60m', Object: 'pod/p', Source: 'kubelet, n1', Message: 'hi', Count: 4 },
    },
    {
      id: 'events',
      object: { involvedObject: { kind: 'Pod', name: 'p' }, eventTime: '2024-01-01T00:59:30.000000Z', reportingComponent: 'scheduler' },
      want: { 'Last Seen': '30s', Count: 1, Source: 'scheduler' },
    },
    {
      id: 'persistentvolumeclaims',
      object: {
        spec: { volumeName: 'v', storageClassName: 's' },
        status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteMany', 'ReadWriteOnce'] },
      },
      want: { Status: 'Bound', Capacity: '1Gi', 'Access Modes': 'RWO,RWX', StorageClass: 's', VolumeAttributesClass: '<unset>' },
    },
    {
      id: 'resourcequotas',
      object: { status: { hard: { pods: '10', 'limits.cpu': '4' }, used: { pods: '2' } } },
      want: { Request: 'pods: 2/10', Limit: 'limits.cpu: 0/4' },
    },
    {
      id: 'storageclasses',
      object: { metadata: { ...metadata, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'p' },
      want: { Name: 'x (default)', ReclaimPolicy: 'Delete', AllowVolumeExpansion: false },
    },
    {
      id: 'horizontalpodautoscalers',
      object: {
        spec: {
          scaleTargetRef: { kind: 'Deployment', name: 'd' },
          maxReplicas: 5,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
        },
        status: { currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 10 } } }] },
      },
      want: { Reference: 'Deployment/d', Targets: 'cpu: 10%/50%', MinPods: '<unset>', MaxPods: 5 },
    },
    {
      id: 'clusterrolebindings',
      object: {
        roleRef: { kind: 'ClusterRole', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', namespace: 'n', name: 's' },
        ],
      },
      want: { Role: 'ClusterRole/r', Users: 'u', Groups: '', ServiceAccounts: 'n/s' },
    },
    {
      id: 'deployments',
      object: {
        spec: { replicas: 3, selector: { matchLabels: { app: 'x' } }, template: { spec: { containers: [{ name: 'c', image: 'i' }] } } },
        status: { readyReplicas: 2 },
      },
      want: { Ready: '2/3', Containers: 'c', Images: 'i', Selector: 'app=x' },
    },
  ];
  for (const { id, object, want } of cases) {
    test(`${id}: ${JSON.stringify(want)}`, () => {
      const all = cells(id, object);
      assert.deepEqual(Object.fromEntries(Object.keys(want).map((key) => [key, all[key]])), want);
    });
  }
});
