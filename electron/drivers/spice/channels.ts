// Why: SPICE channels have names in files and numbers on the wire.

/** Name → channel type (spice-protocol, spice/enums.h). */
export const CHANNEL_TYPES: ReadonlyMap<string, number> = new Map([
  ['main', 1], ['display', 2], ['inputs', 3], ['cursor', 4], ['playback', 5], ['record', 6], ['smartcard', 8], ['usbredir', 9], ['port', 10], ['webdav', 11],
])

export const CHANNEL_NAMES: readonly string[] = [...CHANNEL_TYPES.keys()]
