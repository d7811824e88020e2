import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { VolumeMounter } from '../../../../kubelet/volumes/mounter.ts';
import { ApiTokenSource } from '../../../../kubelet/volumes/service-account-token.ts';
import type { ConfigMap, Pod, Secret, Volume, VolumeMount } from '../../../../shared/api/generated/core-v1.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const { signal } = new AbortController();
const addresses = { podIPs: ['10.0.0.7'], hostIPs: ['192.168.0.1'] };

function podWith(volume: Omit<Volume, 'name'>, mount: Partial<VolumeMount> = {}): Pod {
  return {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid-1',
      creationTimestamp: '',
      labels: { app: 'web' },
    } as unknown as Pod['metadata'],
    spec: {
      serviceAccountName: 'builder',
      volumes: [{ name: 'v', ...volume }],
      containers: [{ name: 'main', resources: { limits: { cpu: '1500m' } }, volumeMounts: [{ name: 'v', mountPath: '/mnt', ...mount }] }],
    } as Pod['spec'],
    status: {},
  };
}

describe('VolumeMounter', () => {
  let directory: string;
  let clock: FakeClock;
  let mounter: VolumeMounter;
  let tokensMade: unknown[];
  let configMaps: Record<string, Partial<ConfigMap>>;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mounter-'));
    clock = new FakeClock();
    tokensMade = [];
    configMaps = { settings: { data: { a: 'A', b: 'B' }, binaryData: { c: Buffer.of(0, 255).toString('base64') } } };
    const secrets: Record<string, Partial<Secret>> = { keys: { data: { key: Buffer.from('s3cret').toString('base64') } } };
    mounter = new VolumeMounter({
      rootDir: directory,
      clock,
      allocatable: { cpu: '4', memory: '8Gi' },
      environment: async () => new Map([['POD', 'web']]),
      objects: {
        configMap: async (_, name) => configMaps[name] as ConfigMap | undefined,
        secret: async (_, name) => secrets[name] as Secret | undefined,
      },
      tokens: new ApiTokenSource({
        clock,
        client: {
          createSubresource: async (_resource, key, subresource, body) => {
            tokensMade.push({ key, subresource, ...(body as { spec: object }).spec });
            return {
              status: { token: `token-${tokensMade.length}`, expirationTimestamp: new Date(clock.now() + 3_600_000).toISOString() },
            };
          },
        },
      }),
    });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** What a container finds at its mount path: files with their text, or a file's own text. */
  const contents = async (pod: Pod): Promise<unknown> => {
    const container = pod.spec.containers[0];
    assert.ok(container);
    const [mount] = await mounter.mounts(pod, container);
    const path = mount?.hostPath ?? '';
    if (!statSync(path).isDirectory()) return readFileSync(path, 'latin1');
    const names = readdirSync(path, { recursive: true })
      .map(String)
      .filter((name) => !name.startsWith('..') && statSync(join(path, name)).isFile());
    // A visible directory is a link, which the listing does not enter.
    const deep = readdirSync(path).filter((name) => !name.startsWith('..') && statSync(join(path, name)).isDirectory());
    const all = [...names, ...deep.flatMap((name) => readdirSync(join(path, name)).map((file) => join(name, file)))];
    return Object.fromEntries([...new Set(all)].sort().map((name) => [name, readFileSync(join(path, name), 'latin1')]));
  };

  const volumes: { name: string; volume: Omit<Volume, 'name'>; mount?: Partial<VolumeMount>; want: unknown }[] = [
    { name: 'a config map', volume: { configMap: { name: 'settings' } }, want: { a: 'A', b: 'B', c: '\0\xff' } },
    { name: 'some of its keys', volume: { configMap: { name: 'settings', items: [{ key: 'a', path: 'dir/x' }] } }, want: { 'dir/x': 'A' } },
    { name: 'an optional config map that is not there', volume: { configMap: { name: 'none', optional: true } }, want: {} },
    {
      name: 'an optional key that is not there',
      volume: { configMap: { name: 'settings', optional: true, items: [{ key: 'z', path: 'z' }] } },
      want: {},
    },
    { name: 'a secret', volume: { secret: { secretName: 'keys' } }, want: { key: 's3cret' } },
    { name: 'an empty directory', volume: { emptyDir: {} }, want: {} },
    { name: 'a part of a volume', volume: { configMap: { name: 'settings' } }, mount: { subPath: 'b' }, want: 'B' },
    { name: 'a part that is not there, as a directory', volume: { emptyDir: {} }, mount: { subPath: 'x/y' }, want: {} },
    { name: 'a part by expression', volume: { emptyDir: {} }, mount: { subPathExpr: '$(POD)/data' }, want: {} },
    {
      name: 'the downward API',
      volume: {
        downwardAPI: {
          items: [
            { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
            { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } },
          ],
        },
      },
      want: { cpu: '1500', labels: 'app="web"' },
    },
    {
      name: 'several sources in one',
      volume: {
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
            { configMap: { name: 'settings', items: [{ key: 'a', path: 'ca.crt' }] } },
            { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
            { secret: { name: 'keys' } },
          ],
        },
      },
      want: { 'ca.crt': 'A', key: 's3cret', namespace: 'default', token: 'token-1' },
    },
  ];
  for (const { name, volume, mount, want } of volumes) {
    test(`provides ${name}`, async () => {
      const pod = podWith(volume, mount);
      await mounter.mount(pod, addresses, signal);
      assert.deepEqual(await contents(pod), want);
    });
  }

  const failures: { name: string; volume: Omit<Volume, 'name'>; want: string }[] = [
    { name: 'a missing config map', volume: { configMap: { name: 'none' } }, want: 'configmap "none" not found' },
    {
      name: 'a missing key',
      volume: { configMap: { name: 'settings', items: [{ key: 'z', path: 'z' }] } },
      want: 'configmap references non-existent config key: z',
    },
    { name: 'a missing secret', volume: { secret: { secretName: 'none' } }, want: 'secret "none" not found' },
    {
      name: 'a host path of another type',
      volume: { hostPath: { path: '/etc/passwd', type: 'Directory' } },
      want: 'hostPath type check failed: /etc/passwd is not a directory',
    },
    {
      name: 'a host path that is not there',
      volume: { hostPath: { path: '/no/such', type: 'File' } },
      want: 'hostPath type check failed: /no/such is not a file',
    },
    {
      name: 'an unknown type',
      volume: { nfs: { server: 's', path: '/' } as never },
      want: 'this node cannot provide volumes of type "nfs"',
    },
  ];
  for (const { name, volume, want } of failures) {
    test(`refuses ${name}`, async () => {
      await assert.rejects(mounter.mount(podWith(volume), addresses, signal), {
        name: 'VolumeError',
        message: `MountVolume.SetUp failed for volume "v" : ${want}`,
      });
    });
  }

  test('brings changes in when asked again', async () => {
    const pod = podWith({ configMap: { name: 'settings' } });
    await mounter.mount(pod, addresses, signal);
    configMaps.settings = { data: { a: 'new' } };
    await mounter.mount(pod, addresses, signal);
    assert.deepEqual(await contents(pod), { a: 'new' });
  });

  test('keeps what is in an empty directory, which all may write to', async () => {
    const pod = podWith({ emptyDir: {} });
    await mounter.mount(pod, addresses, signal);
    const path = join(directory, 'pods/uid-1/volumes/kubernetes.io~empty-dir/v');
    assert.equal(statSync(path).mode & 0o777, 0o777);
    writeFileSync(join(path, 'file'), 'kept');
    await mounter.mount(pod, addresses, signal);
    assert.deepEqual(await contents(pod), { file: 'kept' });
    await mounter.unmount('uid-1');
    await mounter.unmount('uid-1');
    assert.ok(!existsSync(join(directory, 'pods/uid-1')));
  });

  test('asks for a token for the pod, and again before it is too old', async () => {
    const pod = podWith({
      projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 3600 } }] },
    });
    for (const [afterMs, want] of [
      [0, 'token-1'],
      [2_800_000, 'token-1'],
      [100_000, 'token-2'],
    ] as const) {
      await clock.advance(afterMs);
      await mounter.mount(pod, addresses, signal);
      assert.deepEqual(await contents(pod), { token: want });
    }
    assert.deepEqual(tokensMade[0], {
      key: 'default/builder',
      subresource: 'token',
      audiences: ['vault'],
      expirationSeconds: 3600,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'uid-1' },
    });
  });

  for (const [name, subPath] of [
    ['upwards', '../../x'],
    ['absolute', '/etc'],
    ['over a link', 'link/passwd'],
    ['over a link to nothing yet', 'link/new/dir'],
  ] as const) {
    test(`lets no sub path out of its volume: ${name}`, async () => {
      const pod = podWith({ emptyDir: {} }, { subPath });
      await mounter.mount(pod, addresses, signal);
      symlinkSync('/etc', join(directory, 'pods/uid-1/volumes/kubernetes.io~empty-dir/v/link'));
      await assert.rejects(contents(pod), { name: 'VolumeError' });
    });
  }

  test('makes the directories and files that a host path says', async () => {
    for (const [path, type, isFile] of [
      ['d', 'DirectoryOrCreate', false],
      ['f', 'FileOrCreate', true],
      ['x', '', false],
    ] as const) {
      await mounter.mount(podWith({ hostPath: { path: join(directory, path), type } }), addresses, signal);
      assert.equal(statSync(join(directory, path)).isFile(), isFile);
    }
    mkdirSync(join(directory, 'there'));
    await mounter.mount(podWith({ hostPath: { path: join(directory, 'there') } }), addresses, signal);
  });
});
