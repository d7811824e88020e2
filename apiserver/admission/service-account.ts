import type { ServiceAccount as Account, Container, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { resourceInfo } from '../../shared/api/scheme.ts';
import { forbidden } from '../../shared/machinery/api-error.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { generateName } from '../registry/generate-name.ts';
import type { ObjectReader } from '../registry/object-reader.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

const PODS = resourceInfo('pods');
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
/** Seconds: an hour and a bit, so that the kubelet renews in good time. Source: serviceaccount WarnOnlyBoundTokenExpirationPeriod. */
const TOKEN_SECONDS = 3607;
/** The `default` account follows its namespace: a pod right behind both waits for it, so long and looking so often, ms. Source: getServiceAccount. */
const DEFAULT_ACCOUNT_MS = { total: 1500, step: 10 };

const NEVER = new AbortController().signal;

/** Gives every pod an account and its token. Source: kubernetes plugin/pkg/admission/serviceaccount. */
export class ServiceAccount implements AdmissionPlugin {
  readonly name = 'ServiceAccount';
  readonly #random: () => number;
  readonly #clock: Clock;

  constructor({ random, clock }: { random: () => number; clock: Clock }) {
    this.#random = random;
    this.#clock = clock;
  }

  async mutate({ info, operation, subresource, object, namespace }: AdmissionRequest, reader: ObjectReader): Promise<void> {
    if (info.id !== 'pods' || operation !== 'CREATE' || subresource !== '' || object === undefined) return;
    const pod = object as unknown as Pod;
    if (pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return refuseMirrorAccount(pod);
    const name = (pod.spec.serviceAccountName ?? '') === '' ? 'default' : (pod.spec.serviceAccountName ?? '');
    pod.spec.serviceAccountName = name;
    pod.spec.serviceAccount = name;
    const account = await this.#account(namespace, name, reader);
    if (account === undefined) {
      throw forbidden(
        PODS,
        pod.metadata.name ?? '',
        `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
      );
    }
    if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) this.#mountToken(pod);
    if ((pod.spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
      pod.spec.imagePullSecrets = structuredClone(account.imagePullSecrets) as { name?: string }[];
    }
  }

  async #account(namespace: string, name: string, reader: ObjectReader): Promise<DeepReadonly<Account> | undefined> {
    const end = this.#clock.monotonic() + (name === 'default' ? DEFAULT_ACCOUNT_MS.total : 0);
    for (;;) {
      const account = reader.get('serviceaccounts', namespace, name) as unknown as DeepReadonly<Account> | undefined;
      if (account !== undefined || this.#clock.monotonic() >= end) return account;
      await this.#clock.sleep(DEFAULT_ACCOUNT_MS.step, NEVER);
    }
  }

  #mountToken(pod: Pod): void {
    const volumes = pod.spec.volumes ?? [];
    let volume = volumes.find(({ name, projected }) => projected !== undefined && name.startsWith(VOLUME_PREFIX))?.name;
    const unmounted = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])].filter(
      (container) => !(container.volumeMounts ?? []).some(({ mountPath }) => mountPath === MOUNT_PATH),
    );
    if (unmounted.length === 0) return;
    if (volume === undefined) {
      volume = generateName(VOLUME_PREFIX, this.#random);
      pod.spec.volumes = [...volumes, { name: volume, projected: { sources: tokenSources(), defaultMode: 0o644 } }];
    }
    for (const container of unmounted) mount(container, volume);
  }
}

function mount(container: Container, volume: string): void {
  container.volumeMounts = [...(container.volumeMounts ?? []), { name: volume, readOnly: true, mountPath: MOUNT_PATH }];
}

type Sources = NonNullable<NonNullable<NonNullable<Pod['spec']['volumes']>[number]['projected']>['sources']>;

function tokenSources(): Sources {
  return [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ];
}

/** A static pod runs without the API server, so it has no account. */
function refuseMirrorAccount(pod: Pod): void {
  const name = pod.metadata.name ?? '';
  if ((pod.spec.serviceAccountName ?? '') !== '') throw forbidden(PODS, name, 'a mirror pod may not reference service accounts');
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.secret !== undefined) throw forbidden(PODS, name, 'a mirror pod may not reference secrets');
    if (volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined)) {
      throw forbidden(PODS, name, 'a mirror pod may not use ServiceAccountToken volume projections');
    }
  }
}
