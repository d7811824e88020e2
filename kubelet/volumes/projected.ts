import type { Pod, ProjectedVolumeSource, VolumeProjection } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { configMapPayload } from './config-map.ts';
import { downwardApiPayload } from './downward-api.ts';
import { secretPayload } from './secret.ts';
import { DEFAULT_MODE, type Payload, VolumeError, type VolumeSources } from './volume-source.ts';

/** Source: core/v1 defaults of ServiceAccountTokenProjection, seconds. */
const TOKEN_SECONDS = 3_600;

/** The files of a `projected` volume: those of its sources, a later one over an earlier one. */
export async function projectedPayload(
  pod: DeepReadonly<Pod>,
  { sources, defaultMode = DEFAULT_MODE }: DeepReadonly<ProjectedVolumeSource>,
  from: VolumeSources,
): Promise<Payload> {
  const payloads = await Promise.all((sources ?? []).map((source) => payloadOf(pod, source, defaultMode, from)));
  return new Map(payloads.flatMap((payload) => [...payload]));
}

async function payloadOf(
  pod: DeepReadonly<Pod>,
  source: DeepReadonly<VolumeProjection>,
  defaultMode: number,
  from: VolumeSources,
): Promise<Payload> {
  const namespace = pod.metadata.namespace ?? '';
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined) return configMapPayload(namespace, { ...configMap, defaultMode }, from);
  if (secret !== undefined) {
    const { name: secretName, items, optional } = secret;
    return secretPayload(namespace, { secretName, items, optional, defaultMode }, from);
  }
  if (downwardAPI !== undefined) return downwardApiPayload(pod, { ...downwardAPI, defaultMode }, from);
  if (serviceAccountToken !== undefined) {
    const { audience = '', expirationSeconds = TOKEN_SECONDS, path } = serviceAccountToken;
    const token = await from.tokens.token(pod, { audience, expirationSeconds });
    return new Map([[path, { data: Buffer.from(token), mode: defaultMode }]]);
  }
  const kind = Object.keys(source).find((field) => source[field as keyof VolumeProjection] !== undefined) ?? 'empty';
  throw new VolumeError(`projected volumes cannot hold "${kind}" sources`);
}
