import type { Event } from '../../shared/api/generated/core-v1.ts';
import type { Event as EventsEvent } from '../../shared/api/generated/events-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { qualifiedName } from './names.ts';

const [REASON_LIMIT, ACTION_LIMIT, NOTE_LIMIT, INSTANCE_LIMIT] = [128, 128, 1024, 128];

/** An event lies in the namespace of what it is about (`default` for cluster-scoped objects). Source: pkg/apis/core/validation/events.go. */
export function validateEvent(event: Event | EventsEvent, field: 'involvedObject' | 'regarding'): FieldError[] {
  const errors = new ErrorList();
  const about = ('involvedObject' in event ? event.involvedObject : event.regarding) ?? {};
  const { namespace = '' } = event.metadata;
  const wanted = about.namespace ?? '';
  if (wanted === '') {
    if (namespace !== 'default' && namespace !== 'kube-system')
      errors.invalid(`${field}.namespace`, wanted, 'does not match event.namespace');
  } else if (wanted !== namespace) errors.invalid(`${field}.namespace`, wanted, 'does not match event.namespace');
  if ('involvedObject' in event) return errors.items;
  validateModern(errors, event);
  return errors.items;
}

/** The stricter rules of events.k8s.io for events that carry a time of their own. */
function validateModern(errors: ErrorList, event: EventsEvent): void {
  if (event.eventTime === undefined || event.eventTime === null) return;
  const { reportingController = '', reportingInstance = '', action = '', reason = '', note = '' } = event;
  if (reportingController === '') errors.required('reportingController');
  else errors.invalidAll('reportingController', reportingController, qualifiedName(reportingController));
  if (reportingInstance === '') errors.required('reportingInstance');
  else if (reportingInstance.length > INSTANCE_LIMIT)
    errors.invalid('reportingInstance', '', `can have at most ${INSTANCE_LIMIT} characters`);
  if (action === '') errors.required('action');
  else if (action.length > ACTION_LIMIT) errors.invalid('action', '', `can have at most ${ACTION_LIMIT} characters`);
  if (reason === '') errors.required('reason');
  else if (reason.length > REASON_LIMIT) errors.invalid('reason', '', `can have at most ${REASON_LIMIT} characters`);
  if (note.length > NOTE_LIMIT) errors.invalid('message', '', `can have at most ${NOTE_LIMIT} characters`);
  errors.oneOf('type', event.type, ['Normal', 'Warning']);
}
