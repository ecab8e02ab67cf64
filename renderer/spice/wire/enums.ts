// Why: SPICE's numbers by name, in one table made from the protocol's own header, `spice/enums.h` of libspice-protocol
// (BSD-3-Clause, Copyright (C) 2013 Red Hat, Inc.; see THIRD-PARTY.md). Only names and numbers were taken.

export const LinkErr = {
  OK: 0,
  ERROR: 1,
  INVALID_MAGIC: 2,
  INVALID_DATA: 3,
  VERSION_MISMATCH: 4,
  NEED_SECURED: 5,
  NEED_UNSECURED: 6,
  PERMISSION_DENIED: 7,
  BAD_CONNECTION_ID: 8,
  CHANNEL_NOT_AVAILABLE: 9,
} as const

export const WarnCode = {
  WARN_GENERAL: 0,
} as const

export const InfoCode = {
  INFO_GENERAL: 0,
} as const

export const MigrateFlags = {
  FLUSH: 1,
  DATA_TRANSFER: 2,
} as const

export const CompositeFlags = {
  OP0: 1,
  OP1: 2,
  OP2: 4,
  OP3: 8,
  OP4: 16,
  OP5: 32,
  OP6: 64,
  OP7: 128,
  SRC_FILTER0: 256,
  SRC_FILTER1: 512,
  SRC_FILTER2: 1024,
  MASK_FILTER0: 2048,
  MASK_FITLER1: 4096,
  MASK_FILTER2: 8192,
  SRC_REPEAT0: 16384,
  SRC_REPEAT1: 32768,
  MASK_REPEAT0: 65536,
  MASK_REPEAT1: 131072,
  COMPONENT_ALPHA: 262144,
  HAS_SRC_TRANSFORM: 1048576,
  HAS_MASK_TRANSFORM: 2097152,
  SOURCE_OPAQUE: 4194304,
  MASK_OPAQUE: 8388608,
  DEST_OPAQUE: 16777216,
} as const

export const NotifySeverity = {
  INFO: 0,
  WARN: 1,
  ERROR: 2,
} as const

export const NotifyVisibility = {
  LOW: 0,
  MEDIUM: 1,
  HIGH: 2,
} as const

export const MouseMode = {
  SERVER: 1,
  CLIENT: 2,
} as const

export const DataCompressionType = {
  NONE: 0,
  LZ4: 1,
} as const

export const ClipType = {
  NONE: 0,
  RECTS: 1,
} as const

export const PathFlags = {
  BEGIN: 1,
  END: 2,
  CLOSE: 8,
  BEZIER: 16,
} as const

export const VideoCodecType = {
  MJPEG: 1,
  VP8: 2,
  H264: 3,
  VP9: 4,
  H265: 5,
} as const

export const StreamFlags = {
  STREAM_FLAGS_TOP_DOWN: 1,
} as const

export const BrushType = {
  NONE: 0,
  SOLID: 1,
  PATTERN: 2,
} as const

export const MaskFlags = {
  MASK_FLAGS_INVERS: 1,
} as const

export const ImageType = {
  BITMAP: 0,
  QUIC: 1,
  RESERVED: 2,
  LZ_PLT: 100,
  LZ_RGB: 101,
  GLZ_RGB: 102,
  FROM_CACHE: 103,
  SURFACE: 104,
  JPEG: 105,
  FROM_CACHE_LOSSLESS: 106,
  ZLIB_GLZ_RGB: 107,
  JPEG_ALPHA: 108,
  LZ4: 109,
} as const

export const ImageCompression = {
  INVALID: 0,
  OFF: 1,
  AUTO_GLZ: 2,
  AUTO_LZ: 3,
  QUIC: 4,
  GLZ: 5,
  LZ: 6,
  LZ4: 7,
} as const

export const ImageFlags = {
  CACHE_ME: 1,
  HIGH_BITS_SET: 2,
  CACHE_REPLACE_ME: 4,
} as const

export const BitmapFmt = {
  INVALID: 0,
  '1BIT_LE': 1,
  '1BIT_BE': 2,
  '4BIT_LE': 3,
  '4BIT_BE': 4,
  '8BIT': 5,
  '16BIT': 6,
  '24BIT': 7,
  '32BIT': 8,
  RGBA: 9,
  '8BIT_A': 10,
} as const

export const BitmapFlags = {
  PAL_CACHE_ME: 1,
  PAL_FROM_CACHE: 2,
  TOP_DOWN: 4,
} as const

export const JpegAlphaFlags = {
  JPEG_ALPHA_FLAGS_TOP_DOWN: 1,
} as const

export const ImageScaleMode = {
  INTERPOLATE: 0,
  NEAREST: 1,
} as const

export const Ropd = {
  INVERS_SRC: 1,
  INVERS_BRUSH: 2,
  INVERS_DEST: 4,
  OP_PUT: 8,
  OP_OR: 16,
  OP_AND: 32,
  OP_XOR: 64,
  OP_BLACKNESS: 128,
  OP_WHITENESS: 256,
  OP_INVERS: 512,
  INVERS_RES: 1024,
} as const

export const LineFlags = {
  START_WITH_GAP: 4,
  STYLED: 8,
} as const

export const StringFlags = {
  A1: 1,
  A4: 2,
  A8: 4,
  TOP_DOWN: 8,
} as const

export const SurfaceFlags = {
  PRIMARY: 1,
  STREAMING_MODE: 2,
} as const

export const SurfaceFmt = {
  INVALID: 0,
  '1_A': 1,
  '8_A': 8,
  '16_555': 16,
  '32_xRGB': 32,
  '16_565': 80,
  '32_ARGB': 96,
} as const

export const AlphaFlags = {
  DEST_HAS_ALPHA: 1,
  SRC_SURFACE_HAS_ALPHA: 2,
} as const

export const ResourceType = {
  INVALID: 0,
  PIXMAP: 1,
} as const

export const GlScanoutFlags = {
  GL_SCANOUT_FLAGS_Y0TOP: 1,
} as const

export const KeyboardModifierFlags = {
  SCROLL_LOCK: 1,
  NUM_LOCK: 2,
  CAPS_LOCK: 4,
} as const

export const MouseButton = {
  INVALID: 0,
  LEFT: 1,
  MIDDLE: 2,
  RIGHT: 3,
  UP: 4,
  DOWN: 5,
  SIDE: 6,
  EXTRA: 7,
} as const

export const MouseButtonMask = {
  LEFT: 1,
  MIDDLE: 2,
  RIGHT: 4,
  UP: 8,
  DOWN: 16,
  SIDE: 32,
  EXTRA: 64,
} as const

export const CursorType = {
  ALPHA: 0,
  MONO: 1,
  COLOR4: 2,
  COLOR8: 3,
  COLOR16: 4,
  COLOR24: 5,
  COLOR32: 6,
} as const

export const CursorFlags = {
  NONE: 1,
  CACHE_ME: 2,
  FROM_CACHE: 4,
} as const

export const AudioDataMode = {
  INVALID: 0,
  RAW: 1,
  CELT_0_5_1: 2,
  OPUS: 3,
} as const

export const AudioFmt = {
  INVALID: 0,
  S16: 1,
} as const

export const VscMessageType = {
  Init: 1,
  Error: 2,
  ReaderAdd: 3,
  ReaderRemove: 4,
  ATR: 5,
  CardRemove: 6,
  APDU: 7,
  Flush: 8,
  FlushComplete: 9,
} as const
