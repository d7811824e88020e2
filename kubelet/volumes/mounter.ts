import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, Pod, Volume } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { expand } from '../env/expand.ts';
import type { PodAddresses } from '../env/field-ref.ts';
import type { PodVolumes } from '../pods/worker-deps.ts';
import type { Mount } from '../runtime/driver.ts';
import { writeAtomically } from './atomic-writer.ts';
import { configMapPayload } from './config-map.ts';
import { downwardApiPayload } from './downward-api.ts';
import { prepareEmptyDir } from './empty-dir.ts';
import { prepareHostPath } from './host-path.ts';
import { projectedPayload } from './projected.ts';
import { secretPayload } from './secret.ts';
import { subPathOf } from './sub-path.ts';
import { type Payload, VolumeError, type VolumeSources } from './volume-source.ts';

export interface VolumeMounterOptions extends Omit<VolumeSources, 'addresses'> {
  /** The kubelet's root directory; volumes are below `<rootDir>/pods/<uid>/volumes`. */
  rootDir: string;
  clock: Clock;
  /** A container's environment, for `subPathExpr`. */
  environment(pod: DeepReadonly<Pod>, container: DeepReadonly<Container>): Promise<ReadonlyMap<string, string>>;
}

/** Makes pods' volumes as directories of the host. Calling `mount` again brings changed ConfigMaps, Secrets, labels and tokens in. */
export class VolumeMounter implements PodVolumes {
  readonly #options: VolumeMounterOptions;

  constructor(options: VolumeMounterOptions) {
    this.#options = options;
  }

  async mount(pod: DeepReadonly<Pod>, addresses: PodAddresses, signal: AbortSignal): Promise<void> {
    const results = await Promise.allSettled((pod.spec.volumes ?? []).map((volume) => this.#prepare(pod, volume, addresses)));
    signal.throwIfAborted();
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      const why = result.reason instanceof Error ? result.reason.message : String(result.reason);
      throw new VolumeError(`MountVolume.SetUp failed for volume ${JSON.stringify(pod.spec.volumes?.[index]?.name)} : ${why}`, {
        cause: result.reason,
      });
    }
  }

  async mounts(pod: DeepReadonly<Pod>, container: DeepReadonly<Container>): Promise<Mount[]> {
    const mounts = container.volumeMounts ?? [];
    const env = mounts.some(({ subPathExpr }) => (subPathExpr ?? '') !== '')
      ? await this.#options.environment(pod, container)
      : new Map<string, string>();
    return Promise.all(
      mounts.map(async ({ name, mountPath, readOnly = false, subPath = '', subPathExpr = '' }) => {
        const volume = pod.spec.volumes?.find((candidate) => candidate.name === name);
        if (volume === undefined) throw new VolumeError(`no volume is named "${name}"`);
        const part = subPathExpr === '' ? subPath : expand(subPathExpr, (variable) => env.get(variable));
        const hostPath = await subPathOf(this.#directory(pod.metadata.uid, volume), part);
        return { hostPath, containerPath: mountPath, readOnly };
      }),
    );
  }

  async unmount(podUid: string): Promise<void> {
    const pod = this.#podDirectory(podUid);
    await rm(join(pod, 'volumes'), { recursive: true, force: true });
    await rmdir(pod).catch(() => undefined); // the runtime still has files there: it removes it after them
  }

  /** The uids of pods that have a directory on this node, to be compared with those that exist. */
  async podUids(): Promise<string[]> {
    return readdir(join(this.#options.rootDir, 'pods')).catch(() => []);
  }

  async #prepare(pod: DeepReadonly<Pod>, volume: DeepReadonly<Volume>, addresses: PodAddresses): Promise<void> {
    const directory = this.#directory(pod.metadata.uid, volume);
    const { emptyDir, hostPath } = volume;
    if (hostPath !== undefined) return void (await prepareHostPath(hostPath));
    await mkdir(this.#podDirectory(pod.metadata.uid), { recursive: true, mode: 0o750 });
    if (emptyDir !== undefined) return prepareEmptyDir(directory);
    await writeAtomically(directory, await this.#payload(pod, volume, addresses), this.#options.clock.now());
  }

  async #payload(pod: DeepReadonly<Pod>, volume: DeepReadonly<Volume>, addresses: PodAddresses): Promise<Payload> {
    const { objects, tokens, allocatable } = this.#options;
    const sources = { objects, tokens, allocatable, addresses };
    const namespace = pod.metadata.namespace ?? '';
    if (volume.configMap !== undefined) return configMapPayload(namespace, volume.configMap, sources);
    if (volume.secret !== undefined) return secretPayload(namespace, volume.secret, sources);
    if (volume.downwardAPI !== undefined) return downwardApiPayload(pod, volume.downwardAPI, sources);
    if (volume.projected !== undefined) return projectedPayload(pod, volume.projected, sources);
    throw new VolumeError(`this node cannot provide volumes of type "${typeOf(volume)}"`);
  }

  /** Upstream's layout, `volumes/kubernetes.io~<plugin>/<name>`. */
  #directory(podUid: string, volume: DeepReadonly<Volume>): string {
    if (volume.hostPath !== undefined) return volume.hostPath.path;
    return join(this.#podDirectory(podUid), 'volumes', `kubernetes.io~${PLUGINS[typeOf(volume)] ?? typeOf(volume)}`, volume.name);
  }

  #podDirectory(podUid: string): string {
    return join(this.#options.rootDir, 'pods', podUid);
  }
}

const PLUGINS: Readonly<Record<string, string>> = {
  emptyDir: 'empty-dir',
  configMap: 'configmap',
  secret: 'secret',
  downwardAPI: 'downward-api',
  projected: 'projected',
};

function typeOf(volume: DeepReadonly<Volume>): string {
  return Object.entries(volume).find(([field, value]) => field !== 'name' && value !== undefined)?.[0] ?? 'emptyDir';
}
