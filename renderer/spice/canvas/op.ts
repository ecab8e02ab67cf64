// Why: Render's operators by name, numbered as in qxl_dev.h, which numbers them as pixman does.
export const OP = {
  CLEAR: 0, SOURCE: 1, DST: 2, OVER: 3, OVER_REVERSE: 4, IN: 5, IN_REVERSE: 6, OUT: 7, OUT_REVERSE: 8, ATOP: 9, ATOP_REVERSE: 10, XOR: 11, ADD: 12,
  SATURATE: 13, MULTIPLY: 0x30, SCREEN: 0x31, OVERLAY: 0x32, DARKEN: 0x33, LIGHTEN: 0x34, COLOR_DODGE: 0x35, COLOR_BURN: 0x36, HARD_LIGHT: 0x37,
  SOFT_LIGHT: 0x38, DIFFERENCE: 0x39, EXCLUSION: 0x3a, HSL_HUE: 0x3b, HSL_SATURATION: 0x3c, HSL_COLOR: 0x3d, HSL_LUMINOSITY: 0x3e,
} as const

export const known = (op: number): boolean => (op >= 0 && op <= OP.SATURATE) || (op >= OP.MULTIPLY && op <= OP.HSL_LUMINOSITY)
