import { Duplex } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';

/**
 * The socket that `pg` thinks it has: a byte stream over a MessagePort to the thread that runs Postgres. Each message
 * is one Uint8Array; null is the end.
 */
export class PortStream extends Duplex {
  private readonly port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.port = port;
    port.on('message', (bytes: Uint8Array | null) => {
      if (bytes === null) this.destroy(new Error('the embedded Postgres has stopped'));
      else this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
    port.on('close', () => this.destroy());
  }

  /** `pg` calls this as it would a socket's. */
  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.port.ref();
    return this;
  }

  unref(): this {
    this.port.unref();
    return this;
  }

  override _read(): void {
    // Bytes are pushed as they come; a connection has one answer under way at a time.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.post([chunk]);
    done();
  }

  /** Parse, bind, describe, execute and sync leave as one message. */
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.post(chunks.map(({ chunk }) => chunk));
    done();
  }

  override _final(done: () => void): void {
    this.port.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.port.close();
    done(error);
  }

  /** Copies, because a Buffer is a window on a pool that others still use, and hands the copy over. */
  private post(chunks: readonly Buffer[]): void {
    const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.port.postMessage(bytes, [bytes.buffer]);
  }
}
