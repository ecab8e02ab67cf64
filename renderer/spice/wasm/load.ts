// Why: what the compiled decoders share: bytes to an instance, its exports checked, and memory that does not stay large
// after one large picture.
import { WireError } from '../wire/reader.ts'

export interface DecoderExports {
  readonly memory: WebAssembly.Memory
  readonly output: () => number
}

/** After an image that took more memory than this, the instance is replaced: WebAssembly memory never shrinks. */
const KEEP_BYTES = 96 * 1024 * 1024

/** Runs a decode on the current instance. `prepare` is for each new one. */
export async function instances<E extends DecoderExports>(base64: string, names: readonly (keyof E & string)[], prepare: (e: E) => void = () => undefined): Promise<<T>(use: (e: E) => T) => T> {
  const module = await WebAssembly.compile(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)))
  const make = async (): Promise<E> => {
    const { exports } = await WebAssembly.instantiate(module, { env: { abort: refuse } })
    if (!hasAll<E>(exports, names)) throw new WireError('WebAssembly lacks an export')
    prepare(exports)
    return exports
  }
  let current = await make()
  let replacing = false
  return (use) => {
    const result = use(current)
    if (current.memory.buffer.byteLength > KEEP_BYTES && !replacing) {
      replacing = true
      // If it can't be had, the large one goes on.
      const settled = (): void => {
        replacing = false
      }
      make().then((e) => {
        current = e
        settled()
      }, settled)
    }
    return result
  }
}

function refuse(): never {
  throw new WireError('WebAssembly stopped')
}

function hasAll<E extends DecoderExports>(e: object, names: readonly string[]): e is E {
  return 'memory' in e && e.memory instanceof WebAssembly.Memory && names.every((name) => typeof Reflect.get(e, name) === 'function')
}
