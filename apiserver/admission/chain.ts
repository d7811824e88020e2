import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import type { UserInfo } from '../auth/user.ts';
import type { ObjectReader } from '../registry/object-reader.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What is about to happen. Only `mutate` may change `object`, which is the request's own copy. */
export interface AdmissionRequest {
  operation: AdmissionOperation;
  info: ResourceInfo;
  /** '' for the resource itself. */
  subresource: string;
  /** '' for cluster-scoped objects. */
  namespace: string;
  /** '' while `generateName` has not drawn one. */
  name: string;
  /** Absent for DELETE. */
  object?: UntypedObject;
  /** Absent for CREATE. */
  old?: DeepReadonly<UntypedObject>;
  user: UserInfo;
  dryRun: boolean;
  warn(text: string): void;
  /** What to call once the object is stored, or will not be; only for CREATE. */
  afterwards: (() => void)[];
}

/** One stage of admission under upstream's name. Refuses by throwing an ApiError (`forbidden` for policy). */
export interface AdmissionPlugin {
  readonly name: string;
  /** Runs before validation of the object. */
  mutate?(request: AdmissionRequest, reader: ObjectReader): void | Promise<void>;
  /** Runs on the validated object just before it is written; once a try, when a conflict is tried again. */
  validate?(request: AdmissionRequest, reader: ObjectReader): void | Promise<void>;
}

/** Runs the enabled plugins in their order: all that mutate, and after validation all that validate. */
export class AdmissionChain {
  readonly #mutating: readonly AdmissionPlugin[];
  readonly #validating: readonly AdmissionPlugin[];
  readonly #reader: ObjectReader;

  constructor(plugins: readonly AdmissionPlugin[], reader: ObjectReader) {
    this.#mutating = plugins.filter((plugin) => plugin.mutate !== undefined);
    this.#validating = plugins.filter((plugin) => plugin.validate !== undefined);
    this.#reader = reader;
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#mutating) {
      const pending = plugin.mutate?.(request, this.#reader);
      if (pending !== undefined) await pending;
    }
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#validating) {
      const pending = plugin.validate?.(request, this.#reader);
      if (pending !== undefined) await pending;
    }
  }
}
