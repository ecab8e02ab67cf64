import { describe, expect, it } from 'vitest'
import { parseHotKey } from './hot-key.ts'

describe('a hot key', () => {
  it.each([
    ['shift+f11', ['shift'], 'F11'],
    ['Ctrl+Alt+End', ['alt', 'ctrl'], 'End'],
    ['ctrl+alt', ['alt', 'ctrl'], undefined],
    ['ctrl + ctrl + del', ['ctrl'], 'Delete'],
    ['rightctrl+left-alt+lshift+rwin+X', ['alt', 'ctrl', 'shift', 'super'], 'x'],
    ['Control_L+Alt_R', ['alt', 'ctrl'], undefined],
    ['right-cmd+pgup', ['ctrl'], 'PageUp'],
    ['left', [], 'ArrowLeft'],
    ['ctrl+right', ['ctrl'], 'ArrowRight'],
    ['F35', [], 'F35'],
    ['ctrl+minus', ['ctrl'], '-'],
    ['', [], undefined],
  ])('%s', (text, modifiers, key) => {
    expect(parseHotKey(text)).toEqual({ modifiers, ...(key !== undefined && { key }) })
  })
  it.each(['f36', 'f0', 'ctrl++', 'ctrl+', 'a+b', 'hasOwnProperty', 'ctrl+constructor', 'ä'])('%s is refused with words', (text) => {
    expect(parseHotKey(text)).toMatchObject({ message: expect.any(String) as string })
  })
})
