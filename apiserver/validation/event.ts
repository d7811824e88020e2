import type { Event } from '../../shared/api/generated/core-v1.ts';
import type { Event as EventsEvent } from '../../shared/api/generated/events-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { qualifiedName } from './names.ts';

const [REASON_LIMIT, ACTION_LIMIT, NOTE_LIMIT, INSTANCE_LIMIT] = [128, 128, 1024, 128];

/** An event lies in the namespace of what it is about (`default` for cluster-scoped objects). Source: pkg/apis/core/validation/events.go. */
export function validateEvent(event: Event): FieldError[] {
  const errors = new ErrorList();
  validatePlace(errors, event.metadata.namespace, event.involvedObject?.namespace, 'involvedObject.namespace');
  return errors.items;
}

/** New events of events.k8s.io must also say who reports what, and when. */
export function validateNewEvent(event: EventsEvent): FieldError[] {
  const errors = new ErrorList();
  validatePlace(errors, event.metadata.namespace, event.regarding?.namespace, 'regarding.namespace');
  validateModern(errors, event);
  return errors.items;
}

function validatePlace(errors: ErrorList, namespace: string | undefined, about: string | undefined, field: string): void {
  const wanted = about ?? '';
  const ok = wanted === '' ? namespace === 'default' || namespace === 'kube-system' : wanted === namespace;
  if (!ok) errors.invalid(field, wanted, 'does not match event.namespace');
}

function validateModern(errors: ErrorList, event: EventsEvent): void {
  if (event.eventTime === undefined || event.eventTime === null) errors.required('eventTime');
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
