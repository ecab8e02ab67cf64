// Why: the two parts of @spice-project/spice-html5 0.2.1 that the bench touches; written from reading its source. The
// console's own declarations are not seen from here, and say more.
declare module '@spice-project/spice-html5/src/main.js' {
  export class SpiceMainConn {
    constructor(options: { uri: string; password: string; screen_id: string; onerror: (e: unknown) => void; onsuccess: () => void; onagent: () => void })
  }
}

declare module '@spice-project/spice-html5/src/display.js' {
  export class SpiceDisplayConn {
    process_channel_message(msg: { type: number; data: ArrayBuffer }): boolean
  }
}
