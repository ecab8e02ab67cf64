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

  // Values from IBM's set 1 as printed in every PC reference, independent of how the table is written.
  test.each([
    ['Escape', 0x01], ['Digit0', 0x0b], ['Backspace', 0x0e], ['KeyP', 0x19], ['Enter', 0x1c], ['KeyL', 0x26], ['Backquote', 0x29],
    ['Backslash', 0x2b], ['ShiftRight', 0x36], ['Space', 0x39], ['F10', 0x44], ['ScrollLock', 0x46], ['NumpadSubtract', 0x4a],
    ['NumpadAdd', 0x4e], ['NumpadDecimal', 0x53], ['IntlBackslash', 0x56], ['F12', 0x58], ['KanaMode', 0x70], ['IntlRo', 0x73], ['IntlYen', 0x7d],
    ['AltRight', 0xe038], ['Delete', 0xe053], ['MetaLeft', 0xe05b],
  ])('%s is %i', (code, scan) => { expect(scancodes[code]).toBe(scan) })
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
