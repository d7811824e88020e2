import type { JsonRecord } from '../record.ts';

/** Upstream's defaulting functions by `group/version/kind`; each changes the object handed in. */
export type Defaults = Readonly<Record<string, (object: JsonRecord) => void>>;
