import { pods } from './pods.ts';
import { column, NAME, type Printer } from './printer.ts';

/** For resources without a printer of their own: name and time of creation. */
export const DEFAULT_PRINTER: Printer = {
  columns: [
    NAME,
    column('Created At', {
      type: 'date',
      description:
        'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
    }),
  ],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp],
};

/** The printers of built-in resources, by resource id. */
export const BUILT_IN_PRINTERS: Readonly<Record<string, Printer>> = { pods };
