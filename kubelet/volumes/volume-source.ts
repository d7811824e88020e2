import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { PodAddresses } from '../env/field-ref.ts';
import type { ObjectSource } from '../env/object-source.ts';

/** The files of a volume by their path in it. */
export type Payload = Map<string, PayloadFile>;

export interface PayloadFile {
  data: Buffer;
  /** Permission bits. */
  mode: number;
}

/** What volumes are made from. */
export interface VolumeSources {
  objects: ObjectSource;
  tokens: TokenSource;
  addresses: PodAddresses;
  /** The node's allocatable resources, for containers without limits. */
  allocatable: Readonly<Record<string, string>>;
}

/** Tokens of service accounts, bound to a pod; the same call gives a newer one before the last one is too old. */
export interface TokenSource {
  token(pod: DeepReadonly<Pod>, request: { audience: string; expirationSeconds: number }): Promise<string>;
}

/** Why a volume cannot be made: the end of a FailedMount event's message. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

/** Source: core/v1 ConfigMapVolumeSourceDefaultMode and its like. */
export const DEFAULT_MODE = 0o644;
