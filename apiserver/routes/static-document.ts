import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Smaller answers are not worth compressing. Source: apiserver responsewriters defaultGzipThresholdBytes. */
const GZIP_BYTES = 128 * 1024;

/** A document that is the same for everybody, as bytes, with its ETag. */
export class StaticDocument {
  readonly #body: Buffer;
  readonly #tag: string;
  #compressed: Buffer | undefined;

  constructor(body: string | Buffer) {
    this.#body = Buffer.from(body);
    this.#tag = `"${contentHash(this.#body)}"`;
  }

  /** Answers with the document, compressed if it is large and the client can read that; or with 304 if the client has it. */
  send(request: FastifyRequest, reply: FastifyReply, contentType: string): FastifyReply {
    reply.header('vary', 'Accept').header('etag', this.#tag);
    const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    if (known?.includes(this.#tag) === true) return reply.code(304).send();
    reply.header('content-type', contentType);
    if (this.#body.length < GZIP_BYTES || !/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(this.#body);
    this.#compressed ??= gzipSync(this.#body, { level: 1 });
    return reply.header('content-encoding', 'gzip').send(this.#compressed);
  }
}

export function contentHash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').toUpperCase();
}
