import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onAbort } from '../../../../shared/machinery/on-abort.ts';

describe('onAbort', () => {
  test('calls every listener once, in order, also the same one given twice', () => {
    const controller = new AbortController();
    const heard: string[] = [];
    const twice = (): void => void heard.push('twice');
    onAbort(controller.signal, twice);
    onAbort(controller.signal, () => heard.push('once'));
    onAbort(controller.signal, twice);
    controller.abort();
    controller.abort();
    assert.deepEqual(heard, ['twice', 'once', 'twice']);
  });
  test('leaves out the ones that were removed', () => {
    const controller = new AbortController();
    const heard: string[] = [];
    const remove = onAbort(controller.signal, () => heard.push('removed'));
    onAbort(controller.signal, () => heard.push('kept'));
    remove();
    remove();
    controller.abort();
    assert.deepEqual(heard, ['kept']);
  });
});
