/** First size, bytes; doubles when it is full. */
const INITIAL_BYTES = 1 << 16;

/** Below this many characters a loop is faster than a call of `Buffer.write`. */
const SHORT = 64;

/** Writes protobuf from the end to the start, so that the length of a message is known when it is due: nothing is copied twice. */
export class BackwardWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #start = INITIAL_BYTES;

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  content(): Buffer {
    return Buffer.from(this.#buffer.subarray(this.#start));
  }

  text(value: string): void {
    const size = value.length < SHORT ? value.length : Buffer.byteLength(value);
    this.#reserve(size);
    if (size < SHORT && this.#writeAscii(value)) return;
    this.#start += size;
    this.#reserve(Buffer.byteLength(value));
    this.#buffer.write(value, this.#start);
  }

  /** False where a character needs more than a byte. */
  #writeAscii(value: string): boolean {
    const [buffer, start] = [this.#buffer, this.#start];
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      buffer[start + i] = code;
    }
    return true;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#buffer.writeDoubleLE(value, this.#start);
  }

  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    this.#reserve(size);
    let rest = value;
    for (let i = 0; i < size; i++) {
      this.#buffer[this.#start + i] = (rest % 0x80) | (i + 1 < size ? 0x80 : 0);
      rest = Math.floor(rest / 0x80);
    }
  }

  #reserve(size: number): void {
    if (size > this.#start) {
      const written = this.length;
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, written + size));
      this.#buffer.copy(grown, grown.length - written, this.#start);
      this.#buffer = grown;
      this.#start = grown.length - written;
    }
    this.#start -= size;
  }
}
