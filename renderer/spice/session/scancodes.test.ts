// Why: a key that is missing or wrong here is a key that somebody's password needs.
import { describe, expect, test } from 'vitest'
import { isKnownKey, scancodes, wireCode } from './scancodes.ts'

/** Every key of the W3C table that stands on ISO, ANSI, JIS and ABNT2 boards with 105 keys. */
const boards = [
  'Escape F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 PrintScreen ScrollLock Pause',
  'Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal IntlYen Backspace Insert Home PageUp',
  'Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter Delete End PageDown',
  'CapsLock KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash',
  'ShiftLeft IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash IntlRo ShiftRight ArrowUp',
  'ControlLeft MetaLeft AltLeft NonConvert Space Convert KanaMode AltRight MetaRight ContextMenu ControlRight ArrowLeft ArrowDown ArrowRight',
  'NumLock NumpadDivide NumpadMultiply NumpadSubtract Numpad7 Numpad8 Numpad9 NumpadAdd Numpad4 Numpad5 Numpad6 NumpadComma Numpad1 Numpad2 Numpad3 NumpadEnter Numpad0 NumpadDecimal NumpadEqual',
  'F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24 Lang1 Lang2 Lang3 Lang4 Lang5',
  'AudioVolumeMute AudioVolumeDown AudioVolumeUp MediaTrackNext MediaTrackPrevious MediaStop MediaPlayPause MediaSelect LaunchMail LaunchApp1 LaunchApp2',
  'BrowserBack BrowserForward BrowserRefresh BrowserStop BrowserSearch BrowserFavorites BrowserHome Power Sleep WakeUp',
].join(' ').split(' ')

describe('scancodes', () => {
  test.each(boards)('%s has one', (code) => { expect(isKnownKey(code)).toBe(true) })

  test('no two keys share one', () => {
    const all = Object.values(scancodes)
    expect(new Set(all).size).toBe(all.length)
  })

  // Number by number, written down apart from the table under test. Source: the columns "HTML code" and "AT set1 keycode" of
  // keycodemapdb's keymaps.csv (QEMU's own, commit 22b8996); PrintScreen, Lang1 and Lang2 as QEMU 7.2's `qnum` has them.
  const numbers = {
    'the main block':
      'Escape 01 Digit1 02 Digit2 03 Digit3 04 Digit4 05 Digit5 06 Digit6 07 Digit7 08 Digit8 09 Digit9 0a Digit0 0b Minus 0c ' +
      'Equal 0d Backspace 0e Tab 0f KeyQ 10 KeyW 11 KeyE 12 KeyR 13 KeyT 14 KeyY 15 KeyU 16 KeyI 17 KeyO 18 KeyP 19 BracketLeft 1a ' +
      'BracketRight 1b Enter 1c ControlLeft 1d KeyA 1e KeyS 1f KeyD 20 KeyF 21 KeyG 22 KeyH 23 KeyJ 24 KeyK 25 KeyL 26 Semicolon 27 ' +
      'Quote 28 Backquote 29 ShiftLeft 2a Backslash 2b KeyZ 2c KeyX 2d KeyC 2e KeyV 2f KeyB 30 KeyN 31 KeyM 32 Comma 33 Period 34 ' +
      'Slash 35 ShiftRight 36 AltLeft 38 Space 39 CapsLock 3a',
    'function keys':
      'F1 3b F2 3c F3 3d F4 3e F5 3f F6 40 F7 41 F8 42 F9 43 F10 44 F11 57 F12 58 F13 5d F14 5e F15 5f F16 55 F17 e003 F18 e077 ' +
      'F19 e004 F20 5a F21 74 F22 e079 F23 6d F24 6f',
    'the keypad':
      'NumLock 45 NumpadMultiply 37 NumpadDivide e035 NumpadSubtract 4a NumpadAdd 4e NumpadEnter e01c NumpadDecimal 53 NumpadEqual 59 ' +
      'NumpadComma 7e NumpadParenLeft e076 NumpadParenRight e07b Numpad0 52 Numpad1 4f Numpad2 50 Numpad3 51 Numpad4 4b Numpad5 4c ' +
      'Numpad6 4d Numpad7 47 Numpad8 48 Numpad9 49',
    'extended keys':
      'ScrollLock 46 PrintScreen e037 Insert e052 Delete e053 Home e047 End e04f PageUp e049 PageDown e051 ArrowUp e048 ' +
      'ArrowDown e050 ArrowLeft e04b ArrowRight e04d ControlRight e01d AltRight e038 MetaLeft e05b MetaRight e05c ContextMenu e05d',
    'ISO, ABNT2, JIS and Korean keys':
      'IntlBackslash 56 IntlRo 73 IntlYen 7d KanaMode 70 Convert 79 NonConvert 7b Lang1 72 Lang2 71 Lang3 78 Lang4 77 Lang5 76',
    'media, browser, launch and power keys':
      'AudioVolumeMute e020 AudioVolumeDown e02e AudioVolumeUp e030 MediaTrackNext e019 MediaTrackPrevious e010 MediaStop e024 ' +
      'MediaPlayPause e022 MediaSelect e06d LaunchMail e06c LaunchApp1 e06b LaunchApp2 e021 BrowserHome e032 BrowserSearch e065 ' +
      'BrowserFavorites e066 BrowserRefresh e067 BrowserStop e068 BrowserForward e069 BrowserBack e06a Power e05e Sleep e05f ' +
      'WakeUp e063 Suspend e025 Eject e07d',
    'editing keys of Sun and others':
      'Again e005 Props e006 Undo e007 Cut e03c Copy e078 Paste 65 Open 64 Find e041 Help e075',
  }
  const pairs = Object.values(numbers).flatMap((text) => [...text.matchAll(/(\w+) ([0-9a-f]+)/g)].map((m) => [m[1] ?? '', Number.parseInt(m[2] ?? '', 16)] as const))

  test.each(pairs)('%s is %i', (code, scan) => { expect(scancodes[code]).toBe(scan) })

  test('there is no key but those, and Pause', () => {
    expect(Object.keys(scancodes).sort()).toEqual([...pairs.map(([code]) => code), 'Pause'].sort())
  })
})

describe('wireCode', () => {
  test('plain, extended and Pause, pressed and released', () => {
    expect(wireCode('KeyA', true)).toBe(0x1e)
    expect(wireCode('KeyA', false)).toBe(0x9e)
    expect(wireCode('Delete', true)).toBe(0x53e0)
    expect(wireCode('Delete', false)).toBe(0xd3e0)
    expect(wireCode('Pause', true)).toBe(0x451de1)
    expect(wireCode('Pause', false)).toBe(0xc59de1)
  })
  test('unknown keys have none, names of Object either', () => {
    expect(wireCode('Unidentified', true)).toBeUndefined()
    expect(wireCode('constructor', true)).toBeUndefined()
  })
})
