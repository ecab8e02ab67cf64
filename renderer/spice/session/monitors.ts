// Why: the guest's resolution follows the window, but a window that is being dragged must not set forty modes, and an
// agent that comes late must still learn the size. Layout: VDAgentMonitorsConfig, VDAgentMonConfig of `spice/vd_agent.h`.
import { MonitorsFlag } from '../wire/agent-messages.ts'
import { Writer } from '../wire/writer.ts'
import type { Clock } from './clock.ts'

/** What the guest should show; device pixels, so HiDPI is the caller's factor. Width 0: this monitor is off. */
export interface Monitor {
  readonly width: number
  readonly height: number
  readonly x?: number
  readonly y?: number
}

/** Quiet time before the guest is asked, ms. */
export const RESIZE_QUIET_MS = 300
/** Mode timings (CVT) count in cells of eight pixels; video encoders want even heights. */
const WIDTH_STEP = 8
const HEIGHT_STEP = 2
const MIN_WIDTH = 320
const MIN_HEIGHT = 200
const MAX_SIDE = 16_384
export const MAX_MONITORS = 16
const DEPTH = 32
/** A guest that is just starting its desktop refuses what it takes a moment later: waits before asking again, ms. */
export const ASK_AGAIN_MS: readonly number[] = [1000, 4000]

const step = (v: number, by: number, min: number): number => Math.min(Math.max(Math.floor(v / by) * by, min), MAX_SIDE)
const offset = (v: number | undefined): number => Math.max(-MAX_SIDE, Math.min(MAX_SIDE, Math.round(v ?? 0)))

/** As the guest wants it: whole steps, within reason. */
export function roundMonitor(m: Monitor): Required<Monitor> {
  if (!(m.width > 0) || !(m.height > 0)) return { width: 0, height: 0, x: 0, y: 0 }
  return { width: step(m.width, WIDTH_STEP, MIN_WIDTH), height: step(m.height, HEIGHT_STEP, MIN_HEIGHT), x: offset(m.x), y: offset(m.y) }
}

/** @param positions whether the agent takes x and y (VD_AGENT_CAP_MONITORS_CONFIG_POSITION) */
export function monitorsConfig(monitors: readonly Required<Monitor>[], positions: boolean): Uint8Array {
  const w = new Writer(8 + 20 * monitors.length).u32(monitors.length).u32(positions && monitors.length > 1 ? MonitorsFlag.USE_POS : 0)
  for (const m of monitors) w.u32(m.height).u32(m.width).u32(DEPTH).i32(m.x).i32(m.y)
  return w.finish()
}

export interface MonitorsOptions {
  readonly clock: Clock
  /** Sends the configuration to the agent; false when there is none that takes it. */
  readonly send: (monitors: readonly Required<Monitor>[]) => boolean
  /** It was asked, and asked again, and will not. */
  readonly onRefused: () => void
}

export class Monitors {
  readonly #o: MonitorsOptions
  #wanted: readonly Required<Monitor>[] | undefined
  #told: string | undefined
  #cancel: (() => void) | undefined
  #refusals = 0

  constructor(options: MonitorsOptions) {
    this.#o = options
  }

  /** Asks for these once they have stood still for a while. */
  want(monitors: readonly Monitor[]): void {
    this.#wanted = monitors.slice(0, MAX_MONITORS).map(roundMonitor)
    this.#refusals = 0
    this.#tellIn(RESIZE_QUIET_MS)
  }

  /** The agent answered that it could not. */
  refused(): void {
    if (this.#told === undefined) return
    this.#told = undefined
    const wait = ASK_AGAIN_MS[this.#refusals++]
    if (wait === undefined) this.#o.onRefused()
    else if (this.#cancel === undefined) this.#tellIn(wait)
  }

  /** What it was told went with it. */
  agentGone(): void {
    this.#told = undefined
  }

  /** An agent can be asked. @param fresh it is a new one, which knows nothing of what the one before was told */
  agentReady(fresh: boolean): void {
    if (fresh) {
      this.#told = undefined
      this.#refusals = 0
    }
    if (this.#cancel === undefined) this.#tell()
  }

  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#wanted = undefined
  }

  #tellIn(ms: number): void {
    this.#cancel?.()
    this.#cancel = this.#o.clock.after(ms, () => {
      this.#cancel = undefined
      this.#tell()
    })
  }

  #tell(): void {
    if (this.#wanted === undefined || this.#wanted.length === 0) return
    const key = JSON.stringify(this.#wanted)
    if (key === this.#told) return
    // Before it is sent: the answer may come before the call returns.
    const before = this.#told
    this.#told = key
    if (!this.#o.send(this.#wanted)) this.#told = before
  }
}
