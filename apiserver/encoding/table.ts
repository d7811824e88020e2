import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { isCustomResource } from '../custom-resources/custom-resource-info.ts';
import { metadataOnly } from './metadata-only.ts';
import { scale } from './tables/autoscaling.ts';
import { customPrinter } from './tables/custom-columns.ts';
import type { Printer } from './tables/printer.ts';
import { BUILT_IN_PRINTERS, DEFAULT_PRINTER } from './tables/registry.ts';

export interface TableOptions {
  /** From the query; `Metadata` is the default of the API. */
  includeObject: 'None' | 'Metadata' | 'Object';
  /** ms since the epoch; ages are relative to it. */
  now: number;
  /** The list's metadata, or of a single object just its resourceVersion. */
  metadata?: object;
  version?: 'v1' | 'v1beta1';
}

/** The meta.k8s.io Table that `kubectl get` prints: upstream's columns, one row an object. */
export function tableFor(info: ResourceInfo, objects: readonly DeepReadonly<UntypedObject>[], options: TableOptions): object {
  const { metadata = {}, version = 'v1' } = options;
  const printer = objects[0]?.kind === 'Scale' ? scale : printerFor(info);
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: printer.columns,
    rows: objects.map((object) => row(printer, object, options)),
  };
}

/** The Table of one watch event. Only the `first` of a watch names the columns. */
export function watchTableFor(info: ResourceInfo, object: DeepReadonly<UntypedObject>, options: TableOptions & { first: boolean }): object {
  const printer = printerFor(info);
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version ?? 'v1'}`,
    metadata: { resourceVersion: object.metadata.resourceVersion },
    columnDefinitions: options.first ? printer.columns : null,
    rows: [row(printer, object, options)],
  };
}

function printerFor(info: ResourceInfo): Printer {
  return isCustomResource(info) ? customPrinter(info.columns) : (BUILT_IN_PRINTERS[info.id] ?? DEFAULT_PRINTER);
}

function row(printer: Printer, object: DeepReadonly<UntypedObject>, { includeObject, now, version }: TableOptions): object {
  const conditions = printer.conditions?.(object);
  return {
    cells: cellsOf(printer, object, now),
    ...(conditions === undefined ? {} : { conditions }),
    object: includeObject === 'None' ? null : includeObject === 'Object' ? object : metadataOnly(object, version),
  };
}

/** One object that lacks what validation would ask for today must not hide all others. */
function cellsOf(printer: Printer, object: DeepReadonly<UntypedObject>, now: number): unknown[] {
  try {
    return printer.cells(object, now);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return printer.columns.map(({ name }) => (name === 'Name' ? object.metadata.name : '<unknown>'));
  }
}
