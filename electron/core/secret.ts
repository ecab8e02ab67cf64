// Why: a password or ticket is a value that cannot be printed, serialised or compared by accident, and that is
// zeroed when its work is done. Honest limit: the string it came from lives until garbage collection.
import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'
import { AppError } from './errors.ts'
import type { Redactor } from './redactor.ts'

const MASK = '[secret]'

export class Secret {
  readonly #bytes: Buffer
  readonly #redactor: Redactor
  #disposed = false

  private constructor(bytes: Buffer, redactor: Redactor) {
    this.#bytes = bytes
    this.#redactor = redactor
  }

  /** UTF-8 of `text`; registered with the redactor until disposed. */
  static from(text: string, redactor: Redactor): Secret {
    // allocUnsafeSlow: not from the shared pool, so that zeroing it is zeroing all of it.
    const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, 'utf8'))
    bytes.write(text, 'utf8')
    const secret = new Secret(bytes, redactor)
    redactor.add(secret, text)
    return secret
  }

  /** A second, independently disposed copy, for a consumer with a lifetime of its own. */
  clone(): Secret {
    return Secret.from(this.use((b) => b.toString('utf8')), this.#redactor)
  }

  /** Lends the bytes to `fn`. The caller must not keep them. Throws `secret.disposed` after dispose. */
  use<T>(fn: (bytes: Buffer) => T): T {
    if (this.#disposed) throw new AppError('secret.disposed', 'a secret was used after it was wiped')
    return fn(this.#bytes)
  }

  get byteLength(): number {
    return this.#bytes.byteLength
  }

  get disposed(): boolean {
    return this.#disposed
  }

  equals(other: Secret): boolean {
    return this.use((a) => other.use((b) => a.byteLength === b.byteLength && timingSafeEqual(a, b)))
  }

  /** Zeroes and unregisters; harmless twice. */
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#bytes.fill(0)
    this.#redactor.remove(this)
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
  toString(): string {
    return MASK
  }
  toJSON(): string {
    return MASK
  }
  [Symbol.toPrimitive](): string {
    return MASK
  }
  [inspect.custom](): string {
    return MASK
  }
}
