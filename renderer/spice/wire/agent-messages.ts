// Why: the numbers of the guest agent's protocol (spice-vdagent) by name, from `spice/vd_agent.h` of libspice-protocol 0.14.3
// (BSD-3-Clause, Copyright (C) 2009 Red Hat, Inc.; see THIRD-PARTY.md). Only names and numbers were taken.

/** `VD_AGENT_PROTOCOL` */
export const AGENT_PROTOCOL = 1
/** `VD_AGENT_MAX_DATA_SIZE`: most bytes in one MSGC_MAIN_AGENT_DATA. */
export const AGENT_MAX_DATA = 2048
/** sizeof VDAgentMessage without data. */
export const AGENT_HEADER_BYTES = 20

/** Messages of the agent, `VD_AGENT_*`. */
export const AgentMsg = {
  MOUSE_STATE: 1,
  MONITORS_CONFIG: 2,
  REPLY: 3,
  CLIPBOARD: 4,
  DISPLAY_CONFIG: 5,
  ANNOUNCE_CAPABILITIES: 6,
  CLIPBOARD_GRAB: 7,
  CLIPBOARD_REQUEST: 8,
  CLIPBOARD_RELEASE: 9,
  FILE_XFER_START: 10,
  FILE_XFER_STATUS: 11,
  FILE_XFER_DATA: 12,
  CLIENT_DISCONNECTED: 13,
  MAX_CLIPBOARD: 14,
  AUDIO_VOLUME_SYNC: 15,
  GRAPHICS_DEVICE_INFO: 16,
} as const

/** Capability bits of the agent, `VD_AGENT_CAP_*`. */
export const AgentCap = {
  MOUSE_STATE: 0,
  MONITORS_CONFIG: 1,
  REPLY: 2,
  CLIPBOARD: 3,
  DISPLAY_CONFIG: 4,
  CLIPBOARD_BY_DEMAND: 5,
  CLIPBOARD_SELECTION: 6,
  SPARSE_MONITORS_CONFIG: 7,
  GUEST_LINEEND_LF: 8,
  GUEST_LINEEND_CRLF: 9,
  MAX_CLIPBOARD: 10,
  AUDIO_VOLUME_SYNC: 11,
  MONITORS_CONFIG_POSITION: 12,
  FILE_XFER_DISABLED: 13,
  FILE_XFER_DETAILED_ERRORS: 14,
  GRAPHICS_DEVICE_INFO: 15,
  CLIPBOARD_NO_RELEASE_ON_REGRAB: 16,
  CLIPBOARD_GRAB_SERIAL: 17,
} as const

/** `error` of a VDAgentReply. */
export const AgentResult = {
  SUCCESS: 1,
  ERROR: 2,
} as const

/** What a clipboard holds, `VD_AGENT_CLIPBOARD_*`. */
export const ClipboardType = {
  NONE: 0,
  UTF8_TEXT: 1,
  IMAGE_PNG: 2,
  IMAGE_BMP: 3,
  IMAGE_TIFF: 4,
  IMAGE_JPG: 5,
  FILE_LIST: 6,
} as const

/** Which of X11's clipboards. */
export const ClipboardSelection = {
  CLIPBOARD: 0,
  PRIMARY: 1,
  SECONDARY: 2,
} as const

/** `flags` of VDAgentMonitorsConfig. */
export const MonitorsFlag = {
  USE_POS: 1,
  PHYSICAL_SIZE: 2,
} as const
