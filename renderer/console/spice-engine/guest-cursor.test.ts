// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CursorState } from '../../spice/session/cursor.ts'
import { GuestCursor } from './guest-cursor.ts'

let container: HTMLElement
let canvas: HTMLElement
let cursor: GuestCursor
let painted: number

beforeEach(() => {
  painted = 0
  vi.stubGlobal('ImageData', class {})
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue({ putImageData: () => painted++ } as unknown as null)
  vi.spyOn(HTMLCanvasElement.prototype, 'toDataURL').mockReturnValue('data:x')
  container = document.createElement('div')
  canvas = document.createElement('canvas')
  canvas.getBoundingClientRect = () => new DOMRect(0, 0, 200, 100)
  container.append(canvas)
  cursor = new GuestCursor(container, canvas)
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const shape = (side = 4) => ({ pixels: { width: side, height: side, stride: side, data: new Uint32Array(side * side) }, hotX: 1, hotY: 2 })
const state = (more: Partial<CursorState> = {}): CursorState => ({ visible: true, x: 40, y: 20, shape: shape(), ...more })
const view = { x: 0, y: 0, width: 400, height: 200 }
const drawn = (): HTMLElement => container.lastElementChild as HTMLElement

test('the page’s own pointer takes its shape, once per shape', () => {
  cursor.place(false, view)
  expect(container.style.cursor).toBe('default')
  const s = state()
  cursor.show(s)
  cursor.show({ ...s, x: 50 })
  expect(container.style.cursor).toBe('url("data:x") 1 2, default')
  expect([painted, drawn().style.display]).toEqual([1, 'none'])
})

test('hidden, or without a shape, there is none', () => {
  cursor.place(false, view)
  cursor.show(state({ visible: false }))
  expect(container.style.cursor).toBe('none')
  cursor.show(state({ shape: undefined }))
  expect(container.style.cursor).toBe('none')
})

test('one that is too large for CSS leaves an arrow', () => {
  cursor.place(false, view)
  cursor.show(state({ shape: shape(200) }))
  expect(container.style.cursor).toBe('default')
})

test('on a dense screen it is as small as the guest’s pixels', () => {
  vi.stubGlobal('devicePixelRatio', 2)
  cursor.place(false, view)
  cursor.show(state())
  expect(container.style.cursor).toContain('image-set(url("data:x") 2x) 0 1')
})

test('in motion mode it is drawn where the guest has it', () => {
  cursor.place(true, view)
  cursor.show(state())
  expect(container.style.cursor).toBe('none')
  expect(drawn().style.display).toBe('block')
  expect(drawn().style.transform).toBe('translate(19.5px, 9px) scale(0.5)')
  cursor.place(true, null)
  expect(drawn().style.display).toBe('none')
})

test('remove leaves nothing', () => {
  cursor.show(state())
  cursor.remove()
  expect([container.childElementCount, container.style.cursor]).toEqual([1, ''])
})
