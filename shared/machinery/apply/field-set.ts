import { compareElements, type PathElement, printElement, readElement } from './path-element.ts';

/**
 * A set of paths in the form of FieldsV1, so that reading and writing it costs nothing: each key is a path element, `.` stands for the path
 * itself, and a path without children is `{}`. `{}` at the top is the empty set. Sets are never changed; results share parts with what
 * they were made of. Source: structured-merge-diff fieldpath.Set.
 */
export interface FieldSet {
  readonly [element: PathElement]: FieldSet;
}

/** A set under construction. */
export interface FieldSetBuilder {
  [element: PathElement]: FieldSet;
}

export const LEAF: FieldSet = Object.freeze({});
export const EMPTY_SET: FieldSet = Object.freeze({});
const SELF = '.';

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** The set of these paths, each given by its elements. */
export function setOfPaths(...paths: readonly (readonly PathElement[])[]): FieldSet {
  return paths.reduce<FieldSet>(
    (set, path) =>
      union(
        set,
        path.reduceRight<FieldSet>((inner, element) => ({ [element]: inner }), LEAF),
      ),
    EMPTY_SET,
  );
}

export function hasPath(set: FieldSet, path: readonly PathElement[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) {
    node = node[element];
    if (node === undefined) return false;
  }
  return path.length > 0 && isMember(node);
}

/** Whether the path of a node below the top belongs to the set. */
export function isMember(node: FieldSet): boolean {
  return node[SELF] !== undefined || isEmptySet(node);
}

/** The same node with its own path in the set. */
export function asMember(node: FieldSet): FieldSet {
  return isMember(node) ? node : { [SELF]: LEAF, ...node };
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  let out: FieldSetBuilder | undefined;
  for (const element in b) {
    const theirs = b[element] as FieldSet;
    const ours = a[element];
    const both = ours === undefined ? theirs : unionOfNodes(ours, theirs);
    if (both === ours) continue;
    out ??= { ...a };
    out[element] = both;
  }
  return out ?? a;
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmptySet(a)) return asMember(b);
  if (isEmptySet(b)) return asMember(a);
  return union(a, b);
}

/** The paths that are in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSetBuilder = {};
  for (const element in a) {
    if (element === SELF) continue;
    const [ours, theirs] = [a[element] as FieldSet, b[element]];
    const both = theirs === undefined ? undefined : intersectionOfNodes(ours, theirs);
    if (both !== undefined) out[element] = both;
  }
  return out;
}

function intersectionOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  return a === b ? a : node(a, isMember(a) && isMember(b), intersection(a, b));
}

/** The paths of `a` that are not in `b`; what lies below a path of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, (ours, theirs) => node(ours, isMember(ours) && !isMember(theirs), difference(ours, theirs)));
}

/** The paths of `a` that neither are in `b` nor lie below one of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, (ours, theirs) => (isMember(theirs) ? undefined : node(ours, isMember(ours), recursiveDifference(ours, theirs))));
}

function without(a: FieldSet, b: FieldSet, take: (ours: FieldSet, theirs: FieldSet) => FieldSet | undefined): FieldSet {
  let out: FieldSetBuilder | undefined;
  for (const element in b) {
    const ours = a[element];
    if (ours === undefined || element === SELF) continue;
    const left = take(ours, b[element] as FieldSet);
    if (left === ours) continue;
    out ??= withoutSelf(a);
    if (left === undefined) delete out[element];
    else out[element] = left;
  }
  return out ?? a;
}

function withoutSelf(set: FieldSet): FieldSetBuilder {
  const { [SELF]: _self, ...rest } = set;
  return rest;
}

/** What is left of a node below the top; `children` is the node itself where nothing below it changed. Undefined: nothing. */
function node(before: FieldSet, member: boolean, children: FieldSet): FieldSet | undefined {
  if (children === before && member === isMember(before)) return before;
  const left = children === before ? withoutSelf(before) : children;
  if (isEmptySet(left)) return member ? LEAF : undefined;
  return member ? { [SELF]: LEAF, ...left } : left;
}

/** The set with every level in upstream's order; the same object if it is in order already. */
export function inOrder(set: FieldSet): FieldSet {
  const elements = Object.keys(set);
  let moved = false;
  let changed: FieldSetBuilder | undefined;
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i] ?? '';
    if (i > 0 && compareElements(elements[i - 1] ?? '', element) > 0) moved = true;
    const child = set[element] as FieldSet;
    const sorted = child === LEAF ? child : inOrder(child);
    if (sorted === child) continue;
    changed ??= { ...set };
    changed[element] = sorted;
  }
  const result = changed ?? set;
  if (!moved) return result;
  const out: FieldSetBuilder = {};
  for (const element of elements.sort(compareElements)) out[element] = result[element] as FieldSet;
  return out;
}

/** All paths as upstream prints them, such as `.spec.containers[name="a"].image`; at each level the paths that end there first. */
export function printPaths(set: FieldSet, prefix = ''): string[] {
  const elements = Object.keys(set).filter((element) => element !== SELF);
  elements.sort(compareElements);
  const ends = elements.filter((element) => isMember(set[element] as FieldSet)).map((element) => prefix + printElement(element));
  return [...ends, ...elements.flatMap((element) => printPaths(set[element] as FieldSet, prefix + printElement(element)))];
}

/**
 * A set from FieldsV1 that somebody sent: canonical elements in order; elements of an unknown kind are dropped. Throws SyntaxError where
 * it is none.
 */
export function readFieldSet(value: unknown): FieldSet {
  return inOrder(readNode(value));
}

function readNode(value: unknown): FieldSet {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('a field set is not an object');
  const out: FieldSetBuilder = {};
  for (const [text, inner] of Object.entries(value)) {
    const element = text === SELF ? SELF : readElement(text);
    if (element !== undefined) out[element] = text === SELF ? LEAF : readNode(inner);
  }
  return out;
}
