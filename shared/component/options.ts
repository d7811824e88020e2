/** One option of a component: it gives the flag, the `KUBERNETUS_*` environment variable, `--help`, the type and the docs table. */
export interface OptionSpec {
  type: 'string' | 'number' | 'boolean' | 'list' | 'duration';
  /** `duration` in ms. Without a default the option is required, unless `optional`. */
  default?: string | number | boolean | readonly string[];
  optional?: true;
  help: string;
  unit?: string;
  /** The flag of the Kubernetes component that it is named after, where there is one. */
  upstreamFlag?: string;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S['type'] extends 'string' ? string : S['type'] extends 'boolean' ? boolean : S['type'] extends 'list' ? string[] : number;

/** `{ 'node-name': … }` → `{ nodeName: string }`. */
export type Config<T extends OptionTable> = {
  [K in keyof T as CamelCase<K & string>]: T[K] extends { optional: true } ? ValueOf<T[K]> | undefined : ValueOf<T[K]>;
};

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : S;
