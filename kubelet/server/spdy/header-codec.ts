import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';

/** The words and the text that SPDY/3's header compression begins with. Source: SPDY protocol draft 3, section 2.6.10.1. */
const WORDS =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin';
const TEXT =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';
export const DICTIONARY: Buffer = Buffer.concat([...WORDS.split(' ').map((word) => counted(word.replace('_', ' '))), Buffer.from(TEXT)]);

/** A longer block of headers ends the connection, bytes. */
const MAX_BLOCK_BYTES = 64 * 1024;

/** Packs and unpacks the headers of one connection's frames; each block depends on all before it, so none may be left out. */
export class HeaderCodec {
  readonly #inflate: Inflate;
  readonly #deflate: Deflate;

  constructor() {
    this.#inflate = createInflate({ dictionary: DICTIONARY });
    this.#deflate = createDeflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
    for (const codec of [this.#inflate, this.#deflate]) codec.on('error', () => undefined); // `run` tells, also of one that failed before
  }

  async decode(block: Buffer): Promise<Map<string, string>> {
    const data = await run(this.#inflate, block);
    const headers = new Map<string, string>();
    let at = 0;
    const number = (): number => {
      at += 4;
      return data.readUInt32BE(at - 4);
    };
    const text = (): string => {
      const length = number();
      at += length;
      return data.toString('utf8', at - length, at);
    };
    for (let count = number(); count > 0; count--) headers.set(text().toLowerCase(), text());
    return headers;
  }

  /** Blocks must be sent in the order of the calls. */
  encode(headers: Readonly<Record<string, string>>): Promise<Buffer> {
    const entries = Object.entries(headers);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(entries.length);
    return run(this.#deflate, Buffer.concat([count, ...entries.flatMap(([name, value]) => [counted(name), counted(value)])]));
  }

  close(): void {
    this.#inflate.destroy();
    this.#deflate.destroy();
  }
}

function counted(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

function run(codec: Inflate | Deflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const collect = (part: Buffer): void => {
      parts.push(part);
      size += part.length;
      if (size > MAX_BLOCK_BYTES) codec.destroy();
    };
    const finish = (error?: Error | null): void => {
      codec.off('data', collect).off('error', finish).off('close', closed);
      if (size > MAX_BLOCK_BYTES) reject(new Error('headers are too long'));
      else if (error) reject(error);
      else resolve(Buffer.concat(parts));
    };
    const closed = (): void => finish(new Error('the connection is closed'));
    codec.on('data', collect).once('error', finish).once('close', closed);
    codec.write(input, finish);
  });
}
