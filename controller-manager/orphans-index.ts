import { controllerOf, type DeepReadonly, type KubeObject } from '../shared/api/meta.ts';

export const ORPHANS_INDEX = 'orphans';

/** Finds by namespace what no controller manages: the only objects that one may adopt. */
export const orphansIndex = {
  [ORPHANS_INDEX]: (object: DeepReadonly<KubeObject>): readonly string[] =>
    controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : [],
};
