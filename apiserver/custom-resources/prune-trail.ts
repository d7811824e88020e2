/** Where pruning is in the object, and what it found. */
export class PruneTrail {
  readonly path: (string | number)[] = [];
  /** Paths of fields that were dropped, such as `spec.ports[0].foo`. */
  readonly unknown: string[] = [];

  record(field: string): void {
    this.unknown.push(textOf([...this.path, field]));
  }
}

/** `a.b[0].c` */
export function textOf(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
  return text;
}
