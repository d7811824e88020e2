import type { Pod } from './pods/pod-state.ts';

export const NODE_NAME_INDEX = 'nodeName';

/** Finds pods by the node they are bound to. */
export const nodeNameIndex = { [NODE_NAME_INDEX]: (pod: Pod): readonly string[] => (pod.spec.nodeName ? [pod.spec.nodeName] : []) };
