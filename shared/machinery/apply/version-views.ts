import type { Shape } from './shape.ts';

/** An object in one version of its kind. */
export interface VersionView {
  readonly shape: Shape;
  readonly object: unknown;
}

/** The object, given in the version of the request, in another version of its kind; undefined: there is no such version. */
export type ConvertVersion = (object: unknown, apiVersion: string) => VersionView | undefined;

/** The type of an object and how to see it as other versions do. */
export interface Versions {
  readonly shape: Shape;
  readonly apiVersion: string;
  readonly convert?: ConvertVersion | undefined;
}

export function viewAs({ shape, apiVersion, convert }: Versions, object: unknown, wanted: string): VersionView | undefined {
  return wanted === apiVersion ? { shape, object } : convert?.(object, wanted);
}
