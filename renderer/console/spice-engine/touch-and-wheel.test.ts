// @vitest-environment happy-dom
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Touchpad } from './touchpad.ts'
import { notchesOf } from './wheel.ts'

const wheel = (init: WheelEventInit & { readonly wheelDeltaX?: number; readonly wheelDeltaY?: number }): WheelEvent => {
  const { wheelDeltaX, wheelDeltaY, ...rest } = init
  return Object.defineProperties(new WheelEvent('wheel', rest), { wheelDeltaX: { value: wheelDeltaX }, wheelDeltaY: { value: wheelDeltaY }, shiftKey: { value: init.shiftKey === true } })
}

describe('wheel', () => {
  test('one notch of a real wheel is one notch, at any zoom and speed', () => {
    for (const deltaY of [53, 66.67, 100, 120, 159]) expect(notchesOf(wheel({ deltaY, wheelDeltaY: -120 }))).toBe(1)
    expect(notchesOf(wheel({ deltaY: -360, wheelDeltaY: 360 }))).toBe(-3)
  })
  test('fine steps are parts of one; lines and pages have their own measure', () => {
    expect(notchesOf(wheel({ deltaY: 25, wheelDeltaY: -75 }))).toBe(0.25)
    expect(notchesOf(wheel({ deltaY: 25 }))).toBe(0.25)
    expect(notchesOf(wheel({ deltaY: 30, wheelDeltaY: -120 })), 'a notch that scrolls next to nothing is none').toBe(0.3)
    expect(notchesOf(wheel({ deltaY: 0, wheelDeltaY: 0 }))).toBe(0)
    expect(notchesOf(wheel({ deltaY: 3, deltaMode: 1, wheelDeltaY: -120 }))).toBe(1)
    expect(notchesOf(wheel({ deltaY: -1, deltaMode: 2 }))).toBe(-1)
  })
  test('sideways is nothing, but for Shift and the wheel, which browsers turn sideways', () => {
    expect(notchesOf(wheel({ deltaX: 100, wheelDeltaX: -120 }))).toBeCloseTo(0)
    expect(notchesOf(wheel({ deltaX: 100, wheelDeltaX: -120, shiftKey: true }))).toBe(1)
    expect(notchesOf(wheel({ deltaX: 50, deltaY: 100, wheelDeltaY: -120, shiftKey: true }))).toBe(1)
  })
})

describe('touchpad', () => {
  const rig = (): { pad: Touchpad; log: string[]; sum: { x: number; y: number } } => {
    const log: string[] = []
    const sum = { x: 0, y: 0 }
    const pad = new Touchpad({
      motion: (dx, dy) => { sum.x += dx; sum.y += dy; return true },
      button: (button, pressed) => { log.push(`${pressed ? '+' : '-'}${button}`) },
    })
    return { pad, log, sum }
  }
  const at = (clientX: number, clientY: number, pointerId = 1): PointerEvent => new PointerEvent('pointermove', { clientX, clientY, pointerId, pointerType: 'touch' })

  test('a tap is a click, a stroke is the whole way and no click', () => {
    const { pad, log, sum } = rig()
    pad.down(at(10, 10))
    pad.move(at(12, 11), 1)
    pad.up(at(12, 11))
    expect(log).toEqual(['+1', '-1'])
    pad.down(at(100, 100))
    pad.move(at(150, 90), 0.5)
    pad.up(at(150, 90))
    expect(log).toHaveLength(2)
    expect(sum).toEqual({ x: 2 + 100, y: 1 - 20 })
  })

  test('no distance is lost, and another finger has no say', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ x: fc.integer({ min: 0, max: 900 }), y: fc.integer({ min: 0, max: 900 }) }), { minLength: 1, maxLength: 40 }), (way) => {
        const { pad, sum } = rig()
        pad.down(at(400, 400))
        for (const p of way) {
          pad.move(at(p.x, p.y), 1)
          pad.move(at(0, 0, 2), 1)
        }
        expect(sum).toEqual({ x: (way.at(-1)?.x ?? 0) - 400, y: (way.at(-1)?.y ?? 0) - 400 })
        pad.cancel()
        pad.move(at(0, 0), 1)
        expect(sum.x).toBe((way.at(-1)?.x ?? 0) - 400)
      }),
    )
  })
})
