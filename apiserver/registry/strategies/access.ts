import type { CertificateSigningRequest } from '../../../shared/api/generated/certificates-v1.ts';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../../shared/api/generated/rbac-v1.ts';
import { pathSegment } from '../../validation/names.ts';
import { validateBinding, validateBindingUpdate, validateClusterRole, validateRole } from '../../validation/rbac.ts';
import type { Strategy } from '../strategy.ts';
import { keepStatus } from './status.ts';
import { typed } from './typed.ts';

export const roleStrategy: Strategy = {
  validateName: pathSegment,
  validate: (object) => validateRole(typed<Role>(object)),
  validateUpdate: (object) => validateRole(typed<Role>(object)),
};

export const clusterRoleStrategy: Strategy = {
  validateName: pathSegment,
  validate: (object) => validateClusterRole(typed<ClusterRole>(object)),
  validateUpdate: (object) => validateClusterRole(typed<ClusterRole>(object)),
};

export const roleBindingStrategy: Strategy = {
  validateName: pathSegment,
  validate: (object) => validateBinding(typed<RoleBinding>(object), ['ClusterRole', 'Role']),
  validateUpdate: (object, old) => validateBindingUpdate(typed<RoleBinding>(object), typed<RoleBinding>(old), ['ClusterRole', 'Role']),
};

export const clusterRoleBindingStrategy: Strategy = {
  validateName: pathSegment,
  validate: (object) => validateBinding(typed<ClusterRoleBinding>(object), ['ClusterRole']),
  validateUpdate: (object, old) =>
    validateBindingUpdate(typed<ClusterRoleBinding>(object), typed<ClusterRoleBinding>(old), ['ClusterRole']),
};

/** Who asks is the user of the request, whatever the object says. Source: kubernetes pkg/registry/certificates/certificates/strategy.go. */
export const certificateSigningRequestStrategy: Strategy = {
  prepareForCreate(object, { user }) {
    const request = typed<CertificateSigningRequest>(object);
    request.spec.username = user.name;
    if (user.groups.length > 0) request.spec.groups = [...user.groups];
    else delete request.spec.groups;
    delete request.spec.uid;
    delete request.spec.extra;
    object['status'] = {};
  },
  prepareForUpdate(object, old) {
    object['spec'] = structuredClone(old['spec']);
    keepStatus(object, old);
  },
  selectableFields: (object) => ({ 'spec.signerName': typed<CertificateSigningRequest>(object).spec.signerName ?? '' }),
};
