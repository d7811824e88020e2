import type { DeepReadonly, KubeObject, LabelSelector, UntypedObject } from '../../../shared/api/meta.ts';
import { formatSelector, selectorOf } from '../../../shared/machinery/label-selector.ts';

export interface Column {
  name: string;
  type: string;
  format: string;
  description: string;
  /** 0: always shown; 1: with `-o wide`. */
  priority: number;
}

/** Turns objects of one kind into rows of a Table. */
export interface Printer {
  columns: readonly Column[];
  /** One value a column; `now` in ms since the epoch. */
  cells(object: DeepReadonly<UntypedObject>, now: number): unknown[];
  conditions?(object: DeepReadonly<UntypedObject>): object[] | undefined;
}

const NOTHING = Object.freeze({});

/** A printer for objects whose type the compiler knows. What they leave out of `spec` and `status` may be missing. */
export function printer<T extends KubeObject>(
  columns: readonly Column[],
  cells: (object: DeepReadonly<T>, now: number) => unknown[],
): Printer {
  return { columns, cells: (object, now) => cells({ spec: NOTHING, status: NOTHING, ...object } as unknown as DeepReadonly<T>, now) };
}

export function column(
  name: string,
  {
    type = 'string',
    description = '',
    wide = false,
    format = '',
  }: { type?: string; description?: string; wide?: boolean; format?: string } = {},
): Column {
  return { name, type, format, description, priority: wide ? 1 : 0 };
}

export function wide(name: string, description = ''): Column {
  return column(name, { description, wide: true });
}

export const NAME = column('Name', {
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: http://kubernetes.io/docs/user-guide/identifiers#names',
});

export const AGE = column('Age', {
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
});

/** `a=b,c=d` in the order of the keys; `<none>` for no labels. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

export function formatLabelSelector(selector: DeepReadonly<LabelSelector> | undefined): string {
  return (selector === undefined ? '' : formatSelector(selectorOf(selector))) || '<none>';
}

export const containerNames = (containers: readonly { readonly name: string }[] | undefined): string =>
  (containers ?? []).map(({ name }) => name).join(',');
export const containerImages = (containers: readonly { readonly image?: string | undefined }[] | undefined): string =>
  (containers ?? []).map(({ image }) => image ?? '').join(',');

export const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);
