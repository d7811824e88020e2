import { fill, recordAt } from '../record.ts';
import type { Defaults } from './defaults.ts';

/** Source: kubernetes pkg/apis/storage/v1/defaults.go. */
export const STORAGE_DEFAULTS: Defaults = {
  'storage.k8s.io/v1/StorageClass': (object) => {
    fill(object, 'reclaimPolicy', 'Delete');
    fill(object, 'volumeBindingMode', 'Immediate');
  },
  'storage.k8s.io/v1/CSIDriver': (object) => {
    const spec = recordAt(object, 'spec');
    if (spec === undefined) return;
    fill(spec, 'attachRequired', true);
    fill(spec, 'podInfoOnMount', false);
    fill(spec, 'storageCapacity', false);
    fill(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    fill(spec, 'volumeLifecycleModes', ['Persistent']);
    fill(spec, 'requiresRepublish', false);
    fill(spec, 'seLinuxMount', false);
  },
};
