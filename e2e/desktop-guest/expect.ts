// Why: under emulation everything comes late; a check waits for what must become true and then says what it was.
import { setTimeout as sleep } from 'node:timers/promises'

/** How much longer than on a machine of its own everything may take: the guest is emulated and the processors are shared. */
const PATIENCE = 3

/** Polls until `good` holds; throws with the last value after `seconds` of a machine that does nothing else. */
export async function eventually<T>(what: string, seconds: number, probe: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + seconds * PATIENCE * 1000; ; await sleep(150)) {
    const value = await probe()
    if (good(value)) return value
    if (Date.now() > end) throw new Error(`${what}: still ${JSON.stringify(value)} after ${seconds} s`)
  }
}

export function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}
