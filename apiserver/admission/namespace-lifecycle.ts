import { resourceInfo } from '../../shared/api/scheme.ts';
import { failure, forbidden, notFound } from '../../shared/machinery/api-error.ts';
import type { ObjectReader } from '../registry/object-reader.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);
const NAMESPACES = resourceInfo('namespaces');

/** Nothing is made in a namespace that does not exist or is going away; the system's namespaces stay. */
export class NamespaceLifecycle implements AdmissionPlugin {
  readonly name = 'NamespaceLifecycle';

  mutate(request: AdmissionRequest, reader: ObjectReader): void {
    const { operation, info, namespace, name } = request;
    if (operation === 'DELETE' && info.id === 'namespaces' && request.subresource === '' && IMMORTAL.has(name)) {
      throw forbidden(info, name, 'this namespace may not be deleted');
    }
    if (operation !== 'CREATE' || namespace === '' || info.id === 'namespaces') return;
    if (info.id === 'localsubjectaccessreviews') return; // answers questions about namespaces that are yet to be made
    const found = reader.get('namespaces', '', namespace);
    if (found === undefined) throw notFound(NAMESPACES, namespace);
    const { deletionTimestamp } = found.metadata;
    if (deletionTimestamp === undefined && (found.status as { phase?: string } | undefined)?.phase !== 'Terminating') return;
    if (request.subresource !== '') return;
    const refusal = forbidden(
      info,
      request.object?.metadata.name ?? name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
    throw failure(403, 'Forbidden', refusal.message, {
      ...refusal.status.details,
      causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }],
    });
  }
}
