import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeWatch } from '../../../../shared/client/watch-stream.ts';
import { ApiError } from '../../../../shared/machinery/api-error.ts';

const pod = (name: string) => ({ metadata: { name, uid: '1', resourceVersion: '1', creationTimestamp: '' } });
const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decode(text: string, size = 1 << 16): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of decodeWatch(pieces(text, size))) events.push(event);
  return events;
}

describe('decodeWatch', () => {
  const many = [pod('a'), pod('ü€😀'), pod('x'.repeat(300))];
  const text = many.map((object) => line('ADDED', object)).join('');
  const want = many.map((object) => ({ type: 'ADDED', object }));
  const cases = [
    { name: 'reads several events from one chunk', text, size: 1 << 16, want },
    { name: 'joins lines and characters cut at every byte', text, size: 1, want },
    { name: 'joins chunks of odd sizes', text, size: 7, want },
    { name: 'leaves out half a line at the end', text: `${text}{"type":"ADDED","obj`, size: 50, want },
    { name: 'skips empty lines', text: `\n${line('DELETED', pod('a'))}\r\n`, size: 9, want: [{ type: 'DELETED', object: pod('a') }] },
    { name: 'passes bookmarks', text: line('BOOKMARK', pod('')), size: 9, want: [{ type: 'BOOKMARK', object: pod('') }] },
  ];
  for (const { name, text: given, size, want: events } of cases)
    test(name, async () => assert.deepEqual(await decode(given, size), events));

  test('throws the Status of an ERROR event', async () => {
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'too old resource version: 1 (5)',
      reason: 'Expired',
      code: 410,
    };
    await assert.rejects(
      decode(line('ERROR', status)),
      (error) => error instanceof ApiError && error.code === 410 && error.reason === 'Expired',
    );
  });
  test('names a line that is not JSON', async () => {
    await assert.rejects(decode('<html>\n'), /not JSON: "<html>"/);
  });
});
