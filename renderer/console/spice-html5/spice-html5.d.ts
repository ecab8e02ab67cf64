// Why: types of the few parts of @spice-project/spice-html5 0.2.1 that are used; written from reading its source.
declare module '@spice-project/spice-html5/src/main.js' {
  export interface SpiceConnection {
    /** SPICE channel type. */
    type: number
    /** Its number among the channels of the type. */
    chan_id: number
    state: string
    parent?: SpiceMainConn
    onerror: (e: unknown) => void
    process_channel_message(msg: { type: number }): boolean
    send_msg(msg: unknown): void
    cleanup(): void
  }
  export interface SpiceInputs extends SpiceConnection {
    keyboard_modifiers?: number
    waiting_for_ack: number
    mouse_mode?: number
  }
  export interface SpiceSurface { readonly canvas: HTMLCanvasElement & { readonly context: CanvasRenderingContext2D }; readonly width: number; readonly height: number }
  export interface SpiceDisplay extends SpiceConnection {
    surfaces?: SpiceSurface[]
    streams?: unknown[]
    cache?: Record<string, unknown>
    primary_surface?: number
  }
  export class SpiceMainConn implements SpiceConnection {
    constructor(options: {
      uri: string
      password: string
      screen_id: string
      onerror: (e: unknown) => void
      onsuccess: () => void
      onagent: (main: SpiceMainConn) => void
    })
    type: number
    /** Its number among the channels of the type. */
    chan_id: number
    state: string
    onerror: (e: unknown) => void
    inputs?: SpiceInputs
    display?: SpiceDisplay
    agent_connected?: boolean
    process_channel_message(msg: { type: number }): boolean
    send_msg(msg: unknown): void
    cleanup(): void
    stop(): void
    resize_window(flags: number, width: number, height: number, depth: number, x: number, y: number): void
  }
}

declare module '@spice-project/spice-html5/src/spicemsg.js' {
  /** A message with the 6-byte mini header. `build_msg` calls to_buffer() and buffer_size() of the body. */
  export class SpiceMiniData {
    build_msg(type: number, body: { buffer_size(): number; to_buffer(a: ArrayBuffer): void }): void
  }
}
