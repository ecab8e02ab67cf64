// Why: the numbers of the SPICE protocol that this server speaks, in one place, as the public spice-protocol headers
// (spice/protocol.h, spice/enums.h, version 0.14) give them. Names follow the headers, without their SPICE_ prefix.

/** "REDQ" as it stands on the wire, read as a little-endian 32-bit number. */
export const MAGIC = 0x51444552
export const VERSION_MAJOR = 2
export const VERSION_MINOR = 2
export const LINK_HEADER_BYTES = 16
export const LINK_MESS_BYTES = 18
/** What spice-server itself allows for a link message. */
export const LINK_MESS_MAX_BYTES = 4096
export const RSA_BITS = 1024
export const TICKET_BYTES = RSA_BITS / 8
export const PUBKEY_BYTES = TICKET_BYTES + 34
export const MAX_PASSWORD_BYTES = 60

export const linkError = {
  ok: 0,
  error: 1,
  invalidMagic: 2,
  invalidData: 3,
  versionMismatch: 4,
  permissionDenied: 7,
  badConnectionId: 8,
  channelNotAvailable: 9,
} as const
export type LinkErrorCode = (typeof linkError)[keyof typeof linkError]

export const channelType = { main: 1, display: 2, inputs: 3, cursor: 4 } as const
export type ChannelKind = keyof typeof channelType
export const channelKinds = Object.keys(channelType) as ChannelKind[]

/** Bit positions of the common capabilities. */
export const commonCap = { authSelection: 0, authSpice: 1, authSasl: 2, miniHeader: 3 } as const
export const mainCap = { nameAndUuid: 1, agentConnectedTokens: 2 } as const
export const displayCap = { monitorsConfig: 1 } as const
export const inputsCap = { keyScancode: 0 } as const

/** Messages from the server, on every channel. */
export const msg = { setAck: 3, ping: 4, disconnecting: 6, notify: 7 } as const
/** Messages from the client, on every channel. */
export const msgc = { ackSync: 1, ack: 2, pong: 3, migrateFlushMark: 4, migrateData: 5, disconnecting: 6 } as const

export const mainMsg = {
  init: 103,
  channelsList: 104,
  mouseMode: 105,
  multiMediaTime: 106,
  agentConnected: 107,
  agentDisconnected: 108,
  agentData: 109,
  agentToken: 110,
  name: 113,
  uuid: 114,
  agentConnectedTokens: 115,
} as const
export const mainMsgc = { clientInfo: 101, attachChannels: 104, mouseModeRequest: 105, agentStart: 106, agentData: 107, agentToken: 108 } as const
export const displayMsg = { mark: 102, drawFill: 302, drawCopy: 304, surfaceCreate: 314, surfaceDestroy: 315, monitorsConfig: 317 } as const
export const displayMsgc = { init: 101, streamReport: 102, preferredCompression: 103, glDrawDone: 104, preferredVideoCodec: 105 } as const
export const inputsMsg = { init: 101, keyModifiers: 102, mouseMotionAck: 111 } as const
export const inputsMsgc = {
  keyDown: 101,
  keyUp: 102,
  keyModifiers: 103,
  keyScancode: 104,
  mouseMotion: 111,
  mousePosition: 112,
  mousePress: 113,
  mouseRelease: 114,
} as const
export const cursorMsg = { init: 101, reset: 102, set: 103, move: 104, hide: 105 } as const

export const mouseMode = { server: 1, client: 2 } as const
export const MOTION_ACK_BUNCH = 4
/** Pieces of agent messages that either side may send before the other gives tokens back (spice-server's REDS_AGENT_WINDOW_SIZE). */
export const AGENT_TOKENS = 10
/** Most bytes of an agent message in one piece (VD_AGENT_MAX_DATA_SIZE of spice/vd_agent.h). */
export const AGENT_PIECE_BYTES = 2048
/** Keyboard lock bits of INPUTS_INIT and KEY_MODIFIERS. */
export const keyLock = { scroll: 1, num: 2, caps: 4 } as const

export const SURFACE_32_XRGB = 32
export const SURFACE_PRIMARY = 1
export const ROPD_PUT = 1 << 3
export const BRUSH_SOLID = 1
export const CLIP_NONE = 0
export const imageType = { bitmap: 0, lzRgb: 101 } as const
export const BITMAP_32BIT = 8
export const BITMAP_TOP_DOWN = 1 << 2
export const LZ_RGB32 = 8
export const CURSOR_ALPHA = 0
export const CURSOR_FLAG_NONE = 1
