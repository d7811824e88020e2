import type { PersistentVolume, PersistentVolumeClaim } from '../../../shared/api/generated/core-v1.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../../../shared/api/generated/storage-v1.ts';
import { since } from './human-duration.ts';
import { AGE, column, NAME, type Printer, printer, wide } from './printer.ts';

const boolean = { type: 'boolean' };
const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const VOLUME_MODE = wide(
  'VolumeMode',
  'volumeMode defines if a volume is intended to be used with a formatted filesystem or to remain in raw block state. Value of Filesystem is implied when not included in spec.',
);

/** Printers of volumes and storage drivers. */
export const storage: Readonly<Record<string, Printer>> = {
  persistentvolumes: printer<PersistentVolume>(
    [
      NAME,
      column('Capacity', {
        description:
          "A description of the persistent volume's resources and capacity. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#capacity",
      }),
      column('Access Modes', {
        description:
          'AccessModes contains all ways the volume can be mounted. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes',
      }),
      column('Reclaim Policy', {
        description:
          'What happens to a persistent volume when released from its claim. Valid options are Retain (default for manually created PersistentVolumes), Delete (default for dynamically provisioned PersistentVolumes), and Recycle (deprecated). Recycle must be supported by the volume plugin underlying this PersistentVolume. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#reclaiming',
      }),
      column('Status', {
        description:
          'Phase indicates if a volume is available, bound to a claim, or released by a claim. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#phase',
      }),
      column('Claim', {
        description:
          'ClaimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim. Expected to be non-nil when bound. claim.VolumeName is the authoritative bind between PV and PVC. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#binding',
      }),
      column('StorageClass', { description: 'StorageClass of the pv' }),
      column('VolumeAttributesClass'),
      column('Reason', {
        description:
          'Reason is a brief CamelCase string that describes any failure and is meant for machine parsing and tidy display in the CLI.',
      }),
      AGE,
      VOLUME_MODE,
    ],
    ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.capacity?.storage ?? '0',
      accessModes(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      spec.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`,
      metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? '<unset>',
      status?.reason ?? '',
      since(metadata.creationTimestamp, now),
      spec.volumeMode ?? '<unset>',
    ],
  ),
  persistentvolumeclaims: printer<PersistentVolumeClaim>(
    [
      NAME,
      column('Status'),
      column('Volume'),
      column('Capacity'),
      column('Access Modes'),
      column('StorageClass'),
      column('VolumeAttributesClass'),
      AGE,
      VOLUME_MODE,
    ],
    ({ metadata, spec, status }, now) => {
      const bound = spec.volumeName !== undefined && spec.volumeName !== '';
      return [
        metadata.name,
        metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
        spec.volumeName ?? '',
        bound ? (status?.capacity?.storage ?? '0') : '',
        bound ? accessModes(status?.accessModes) : '',
        metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
        spec.volumeAttributesClassName ?? '<unset>',
        since(metadata.creationTimestamp, now),
        spec.volumeMode ?? '<unset>',
      ];
    },
  ),
  storageclasses: printer<StorageClass>(
    [NAME, column('Provisioner'), column('ReclaimPolicy'), column('VolumeBindingMode'), column('AllowVolumeExpansion'), AGE],
    ({ metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion }, now) => [
      isDefault(metadata.annotations) ? `${metadata.name} (default)` : metadata.name,
      provisioner,
      reclaimPolicy ?? 'Delete',
      volumeBindingMode ?? 'Immediate',
      allowVolumeExpansion ?? false,
      since(metadata.creationTimestamp, now),
    ],
  ),
  volumeattributesclasses: printer<VolumeAttributesClass>([NAME, column('DriverName'), AGE], ({ metadata, driverName }, now) => [
    metadata.annotations?.['volumeattributesclass.kubernetes.io/is-default-class'] === 'true'
      ? `${metadata.name} (default)`
      : metadata.name,
    driverName,
    since(metadata.creationTimestamp, now),
  ]),
  volumeattachments: printer<VolumeAttachment>(
    [NAME, column('Attacher'), column('PV'), column('Node'), column('Attached', boolean), AGE],
    ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.attacher,
      spec.source.persistentVolumeName ?? '',
      spec.nodeName,
      status?.attached ?? false,
      since(metadata.creationTimestamp, now),
    ],
  ),
  csinodes: printer<CSINode>([NAME, column('Drivers', { type: 'integer' }), AGE], ({ metadata, spec }, now) => [
    metadata.name,
    spec.drivers?.length ?? 0,
    since(metadata.creationTimestamp, now),
  ]),
  csidrivers: printer<CSIDriver>(
    [
      NAME,
      column('AttachRequired', boolean),
      column('PodInfoOnMount', boolean),
      column('StorageCapacity', boolean),
      column('TokenRequests'),
      column('RequiresRepublish', boolean),
      column('Modes'),
      AGE,
    ],
    ({ metadata, spec }, now) => [
      metadata.name,
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      (spec.tokenRequests ?? []).map(({ audience }) => audience).join(',') || '<unset>',
      spec.requiresRepublish ?? false,
      (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
      since(metadata.creationTimestamp, now),
    ],
  ),
  csistoragecapacities: printer<CSIStorageCapacity>(
    [NAME, column('StorageClassName'), column('Capacity')],
    ({ metadata, storageClassName, capacity }) => [metadata.name, storageClassName, capacity ?? '<unset>'],
  ),
};

function accessModes(modes: readonly string[] | undefined): string {
  const present = new Set(modes ?? []);
  return Object.entries(MODES)
    .filter(([mode]) => present.has(mode))
    .map(([, short]) => short)
    .join(',');
}

function isDefault(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'].some(
    (key) => annotations?.[key] === 'true',
  );
}
