// Why: one table from the physical key (KeyboardEvent.code, W3C UI Events KeyboardEvent code Values) to the IBM AT
// set-1 scancode that SPICE carries. By physical key, so every guest layout works, AltGr and dead keys included.
// 0xe0xx = extended key. Beyond the 105 keys the numbers are those that QEMU takes from SPICE (its `qnum`, keycodemapdb's
// "AT set1 keycode" column): what a Windows driver or a keyboard of the time sent for Undo or Cut is another key there.

const row = (first: number, codes: string): Record<string, number> =>
  Object.fromEntries(codes.split(' ').map((code, i) => [code, first + i]))

export const scancodes: Readonly<Record<string, number>> = {
  ...row(0x01, 'Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace'),
  ...row(0x0f, 'Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter'),
  ...row(0x1d, 'ControlLeft KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote'),
  ...row(0x2a, 'ShiftLeft Backslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight'),
  ...row(0x37, 'NumpadMultiply AltLeft Space CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock'),
  ...row(0x47, 'Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal'),
  ...row(0x56, 'IntlBackslash F11 F12 NumpadEqual F20'),
  ...row(0x5d, 'F13 F14 F15'),
  F16: 0x55, F17: 0xe003, F18: 0xe077, F19: 0xe004, F21: 0x74, F22: 0xe079, F23: 0x6d, F24: 0x6f,

  // JIS, ABNT2 and Korean keyboards
  KanaMode: 0x70, IntlRo: 0x73, Lang5: 0x76, Lang4: 0x77, Lang3: 0x78, Convert: 0x79, NonConvert: 0x7b, IntlYen: 0x7d,
  // QEMU 6 and later know Lang1 and Lang2 by these, a real keyboard's F2 and F1 without the bit of a release.
  NumpadComma: 0x7e, Lang2: 0x71, Lang1: 0x72,

  // The extended keys of the 101-key keyboard and later
  NumpadEnter: 0xe01c, ControlRight: 0xe01d, NumpadDivide: 0xe035, PrintScreen: 0xe037, AltRight: 0xe038,
  Home: 0xe047, ArrowUp: 0xe048, PageUp: 0xe049, ArrowLeft: 0xe04b, ArrowRight: 0xe04d,
  End: 0xe04f, ArrowDown: 0xe050, PageDown: 0xe051, Insert: 0xe052, Delete: 0xe053,
  MetaLeft: 0xe05b, MetaRight: 0xe05c, ContextMenu: 0xe05d, Power: 0xe05e, Sleep: 0xe05f, WakeUp: 0xe063,

  // Editing, media and browser keys
  Again: 0xe005, Props: 0xe006, Undo: 0xe007, Cut: 0xe03c, Copy: 0xe078, Paste: 0x65, Open: 0x64, Find: 0xe041, Help: 0xe075,
  Eject: 0xe07d, Suspend: 0xe025, NumpadParenLeft: 0xe076, NumpadParenRight: 0xe07b,
  MediaTrackPrevious: 0xe010, MediaTrackNext: 0xe019, AudioVolumeMute: 0xe020, LaunchApp2: 0xe021, MediaPlayPause: 0xe022,
  MediaStop: 0xe024, AudioVolumeDown: 0xe02e, AudioVolumeUp: 0xe030, BrowserHome: 0xe032, BrowserSearch: 0xe065,
  BrowserFavorites: 0xe066, BrowserRefresh: 0xe067, BrowserStop: 0xe068, BrowserForward: 0xe069, BrowserBack: 0xe06a,
  LaunchApp1: 0xe06b, LaunchMail: 0xe06c, MediaSelect: 0xe06d,

  // Sent as E1 1D 45; the only key of its kind.
  Pause: 0xe11d45,
}

export const isKnownKey = (code: string): boolean => Object.hasOwn(scancodes, code)

/**
 * The 32-bit `code` field of SPICE_MSGC_INPUTS_KEY_DOWN / KEY_UP: the scancode's bytes in transmission order, first
 * byte lowest; bit 7 of a byte marks a release (spice-protocol, inputs channel; the server stops at a zero byte).
 */
export function wireCode(code: string, pressed: boolean): number | undefined {
  const scan = isKnownKey(code) ? scancodes[code] : undefined
  if (scan === undefined) return undefined
  const up = pressed ? 0 : 0x80
  if (scan === 0xe11d45) return 0xe1 | ((0x1d | up) << 8) | ((0x45 | up) << 16)
  return scan > 0xff ? 0xe0 | (((scan & 0xff) | up) << 8) : scan | up
}
