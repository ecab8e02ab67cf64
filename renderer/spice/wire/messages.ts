// Why: the numbers of every channel's messages and capabilities by name, taken from the protocol's own headers (`spice/enums.h`,
// `spice/protocol.h` of libspice-protocol 0.14.3, BSD-3-Clause, Copyright (C) 2009, 2013 Red Hat, Inc.; see THIRD-PARTY.md). Only
// names and numbers were taken. Server messages are XxxMsg, client messages XxxMsgc; a capability is a bit position.

/** `SPICE_MAGIC`: "REDQ" read as a little-endian word. */
export const MAGIC = 0x51444552
/** `SPICE_VERSION_MAJOR`, `SPICE_VERSION_MINOR`. */
export const VERSION_MAJOR = 2
export const VERSION_MINOR = 2
/** sizeof SpiceLinkHeader, SpiceLinkMess and SpiceLinkReply without capabilities, bytes. */
export const LINK_HEADER_BYTES = 16
export const LINK_MESS_BYTES = 18
export const LINK_REPLY_BYTES = 178
/** `SPICE_TICKET_PUBKEY_BYTES`: a 1024-bit RSA SubjectPublicKeyInfo. */
export const TICKET_PUBKEY_BYTES = 162
/** sizeof SpiceLinkEncryptedTicket. */
export const TICKET_BYTES = 128
/** `SPICE_MAX_PASSWORD_LENGTH`, bytes. */
export const MAX_PASSWORD_BYTES = 60
/** sizeof SpiceMiniDataHeader and SpiceDataHeader. */
export const MINI_HEADER_BYTES = 6
export const DATA_HEADER_BYTES = 18
/** `SPICE_INPUT_MOTION_ACK_BUNCH`: pointer messages per MOUSE_MOTION_ACK. */
export const MOTION_ACK_BUNCH = 4
/** `SPICE_MAX_NUM_STREAMS` */
export const MAX_NUM_STREAMS = 64

/** Channel types: `SPICE_CHANNEL_*`. */
export const Channel = {
  MAIN: 1,
  DISPLAY: 2,
  INPUTS: 3,
  CURSOR: 4,
  PLAYBACK: 5,
  RECORD: 6,
  TUNNEL: 7,
  SMARTCARD: 8,
  USBREDIR: 9,
  PORT: 10,
  WEBDAV: 11,
} as const

/** From the server, on every channel: `SPICE_MSG_*`. */
export const Msg = {
  MIGRATE: 1,
  MIGRATE_DATA: 2,
  SET_ACK: 3,
  PING: 4,
  WAIT_FOR_CHANNELS: 5,
  DISCONNECTING: 6,
  NOTIFY: 7,
  LIST: 8,
} as const

/** To the server, on every channel: `SPICE_MSGC_*`. */
export const Msgc = {
  ACK_SYNC: 1,
  ACK: 2,
  PONG: 3,
  MIGRATE_FLUSH_MARK: 4,
  MIGRATE_DATA: 5,
  DISCONNECTING: 6,
} as const

/** `SPICE_MSG_MAIN_*`: from the server. */
export const MainMsg = {
  MIGRATE_BEGIN: 101,
  MIGRATE_CANCEL: 102,
  INIT: 103,
  CHANNELS_LIST: 104,
  MOUSE_MODE: 105,
  MULTI_MEDIA_TIME: 106,
  AGENT_CONNECTED: 107,
  AGENT_DISCONNECTED: 108,
  AGENT_DATA: 109,
  AGENT_TOKEN: 110,
  MIGRATE_SWITCH_HOST: 111,
  MIGRATE_END: 112,
  NAME: 113,
  UUID: 114,
  AGENT_CONNECTED_TOKENS: 115,
  MIGRATE_BEGIN_SEAMLESS: 116,
  MIGRATE_DST_SEAMLESS_ACK: 117,
  MIGRATE_DST_SEAMLESS_NACK: 118,
} as const

/** `SPICE_MSGC_MAIN_*`: to the server. */
export const MainMsgc = {
  CLIENT_INFO: 101,
  MIGRATE_CONNECTED: 102,
  MIGRATE_CONNECT_ERROR: 103,
  ATTACH_CHANNELS: 104,
  MOUSE_MODE_REQUEST: 105,
  AGENT_START: 106,
  AGENT_DATA: 107,
  AGENT_TOKEN: 108,
  MIGRATE_END: 109,
  MIGRATE_DST_DO_SEAMLESS: 110,
  MIGRATE_CONNECTED_SEAMLESS: 111,
  QUALITY_INDICATOR: 112,
} as const

/** `SPICE_MSG_DISPLAY_*`: from the server. */
export const DisplayMsg = {
  MODE: 101,
  MARK: 102,
  RESET: 103,
  COPY_BITS: 104,
  INVAL_LIST: 105,
  INVAL_ALL_PIXMAPS: 106,
  INVAL_PALETTE: 107,
  INVAL_ALL_PALETTES: 108,
  STREAM_CREATE: 122,
  STREAM_DATA: 123,
  STREAM_CLIP: 124,
  STREAM_DESTROY: 125,
  STREAM_DESTROY_ALL: 126,
  DRAW_FILL: 302,
  DRAW_OPAQUE: 303,
  DRAW_COPY: 304,
  DRAW_BLEND: 305,
  DRAW_BLACKNESS: 306,
  DRAW_WHITENESS: 307,
  DRAW_INVERS: 308,
  DRAW_ROP3: 309,
  DRAW_STROKE: 310,
  DRAW_TEXT: 311,
  DRAW_TRANSPARENT: 312,
  DRAW_ALPHA_BLEND: 313,
  SURFACE_CREATE: 314,
  SURFACE_DESTROY: 315,
  STREAM_DATA_SIZED: 316,
  MONITORS_CONFIG: 317,
  DRAW_COMPOSITE: 318,
  STREAM_ACTIVATE_REPORT: 319,
  GL_SCANOUT_UNIX: 320,
  GL_DRAW: 321,
  QUALITY_INDICATOR: 322,
} as const

/** `SPICE_MSGC_DISPLAY_*`: to the server. */
export const DisplayMsgc = {
  INIT: 101,
  STREAM_REPORT: 102,
  PREFERRED_COMPRESSION: 103,
  GL_DRAW_DONE: 104,
  PREFERRED_VIDEO_CODEC_TYPE: 105,
} as const

/** `SPICE_MSG_INPUTS_*`: from the server. */
export const InputsMsg = {
  INIT: 101,
  KEY_MODIFIERS: 102,
  MOUSE_MOTION_ACK: 111,
} as const

/** `SPICE_MSGC_INPUTS_*`: to the server. */
export const InputsMsgc = {
  KEY_DOWN: 101,
  KEY_UP: 102,
  KEY_MODIFIERS: 103,
  KEY_SCANCODE: 104,
  MOUSE_MOTION: 111,
  MOUSE_POSITION: 112,
  MOUSE_PRESS: 113,
  MOUSE_RELEASE: 114,
} as const

/** `SPICE_MSG_CURSOR_*`: from the server. */
export const CursorMsg = {
  INIT: 101,
  RESET: 102,
  SET: 103,
  MOVE: 104,
  HIDE: 105,
  TRAIL: 106,
  INVAL_ONE: 107,
  INVAL_ALL: 108,
} as const

/** `SPICE_MSG_PLAYBACK_*`: from the server. */
export const PlaybackMsg = {
  DATA: 101,
  MODE: 102,
  START: 103,
  STOP: 104,
  VOLUME: 105,
  MUTE: 106,
  LATENCY: 107,
} as const

/** `SPICE_MSG_RECORD_*`: from the server. */
export const RecordMsg = {
  START: 101,
  STOP: 102,
  VOLUME: 103,
  MUTE: 104,
} as const

/** `SPICE_MSGC_RECORD_*`: to the server. */
export const RecordMsgc = {
  DATA: 101,
  MODE: 102,
  START_MARK: 103,
} as const

/** `SPICE_MSG_SPICEVMC_*`: from the server. */
export const SpicevmcMsg = {
  DATA: 101,
  COMPRESSED_DATA: 102,
} as const

/** `SPICE_MSGC_SPICEVMC_*`: to the server. */
export const SpicevmcMsgc = {
  DATA: 101,
  COMPRESSED_DATA: 102,
} as const

/** `SPICE_MSG_PORT_*`: from the server. */
export const PortMsg = {
  INIT: 201,
  EVENT: 202,
} as const

/** `SPICE_MSGC_PORT_*`: to the server. */
export const PortMsgc = {
  EVENT: 201,
} as const

/** Capability bits, `SPICE_COMMON_CAP_*`. */
export const CommonCap = {
  PROTOCOL_AUTH_SELECTION: 0,
  AUTH_SPICE: 1,
  AUTH_SASL: 2,
  MINI_HEADER: 3,
} as const

/** Capability bits, `SPICE_PLAYBACK_CAP_*`. */
export const PlaybackCap = {
  CELT_0_5_1: 0,
  VOLUME: 1,
  LATENCY: 2,
  OPUS: 3,
} as const

/** Capability bits, `SPICE_RECORD_CAP_*`. */
export const RecordCap = {
  CELT_0_5_1: 0,
  VOLUME: 1,
  OPUS: 2,
} as const

/** Capability bits, `SPICE_MAIN_CAP_*`. */
export const MainCap = {
  SEMI_SEAMLESS_MIGRATE: 0,
  NAME_AND_UUID: 1,
  AGENT_CONNECTED_TOKENS: 2,
  SEAMLESS_MIGRATE: 3,
} as const

/** Capability bits, `SPICE_DISPLAY_CAP_*`. */
export const DisplayCap = {
  SIZED_STREAM: 0,
  MONITORS_CONFIG: 1,
  COMPOSITE: 2,
  A8_SURFACE: 3,
  STREAM_REPORT: 4,
  LZ4_COMPRESSION: 5,
  PREF_COMPRESSION: 6,
  GL_SCANOUT: 7,
  MULTI_CODEC: 8,
  CODEC_MJPEG: 9,
  CODEC_VP8: 10,
  CODEC_H264: 11,
  PREF_VIDEO_CODEC_TYPE: 12,
  CODEC_VP9: 13,
  CODEC_H265: 14,
} as const

/** Capability bits, `SPICE_INPUTS_CAP_*`. */
export const InputsCap = {
  KEY_SCANCODE: 0,
} as const
