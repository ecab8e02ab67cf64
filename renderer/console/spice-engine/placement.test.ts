// @vitest-environment happy-dom
// Why: a click must hit the pixel under the pointer, whatever lies between the guest's pixels and the screen's.
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { roundMonitor } from '../../spice/session/monitors.ts'
import { toSurface } from '../mouse.ts'
import { pixelByPixel, place } from './placement.ts'

describe('pixelByPixel', () => {
  test.each([
    [{ width: 1283, height: 801 }, 1, { width: 1280, height: 800 }, { width: 1280, height: 800 }],
    [{ width: 1024, height: 768 }, 1.25, { width: 1280, height: 960 }, { width: 1024, height: 768 }],
    [{ width: 1000.8, height: 700 }, 1.25, { width: 1248, height: 874 }, { width: 998.4, height: 699.2 }],
    [{ width: 640, height: 400 }, 2, { width: 1280, height: 800 }, { width: 640, height: 400 }],
  ])('%j at %d: %j', (box, ratio, view, at) => { expect(pixelByPixel(box, ratio, view)).toEqual(at) })

  test('a guest of another size is fitted', () => {
    const box = { width: 1280, height: 800 }
    for (const view of [{ width: 1272, height: 800 }, { width: 1281, height: 800 }, { width: 1280, height: 792 }, { width: 1024, height: 768 }]) expect(pixelByPixel(box, 1, view)).toBeUndefined()
    expect(pixelByPixel(box, 2, { width: 1280, height: 800 })).toBeUndefined()
  })

  test('whatever the window, the size that is asked for is shown pixel by pixel', () => {
    fc.assert(
      fc.property(fc.integer({ min: 330, max: 4000 }), fc.integer({ min: 210, max: 2400 }), fc.constantFrom(1, 1.25, 1.5, 2, 2.625), (w, h, ratio) => {
        const box = { width: w / ratio, height: h / ratio }
        const guest = roundMonitor({ width: w, height: h })
        const at = pixelByPixel(box, ratio, guest)
        expect([(at?.width ?? 0) * ratio, (at?.height ?? 0) * ratio].map(Math.round)).toEqual([guest.width, guest.height])
      }),
    )
  })
})

describe('where a click lands', () => {
  test('on the guest’s pixel under it: any density, letterboxed, stretched or pixel by pixel', () => {
    fc.assert(
      fc.property(
        fc.record({ width: fc.integer({ min: 300, max: 2000 }), height: fc.integer({ min: 200, max: 1500 }), ratio: fc.constantFrom(1, 1.25, 2), own: fc.boolean(), guestW: fc.integer({ min: 320, max: 2560 }), guestH: fc.integer({ min: 200, max: 1600 }), fx: fc.double({ min: 0, max: 0.999, noNaN: true }), fy: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
        (c) => {
          const box = { width: c.width, height: c.height }
          // Half of the guests have followed the window.
          const guest = c.own ? roundMonitor({ width: Math.round(c.width * c.ratio), height: Math.round(c.height * c.ratio) }) : { width: c.guestW, height: c.guestH }
          const exact = pixelByPixel(box, c.ratio, guest)
          const at = { left: 0, top: 0, width: exact?.width ?? c.width, height: exact?.height ?? c.height }
          // Where the browser paints this pixel: `object-fit: contain` in the canvas's box.
          const scale = Math.min(at.width / guest.width, at.height / guest.height)
          const [x, y] = [Math.floor(c.fx * guest.width), Math.floor(c.fy * guest.height)]
          const clientX = at.left + (at.width - guest.width * scale) / 2 + (x + 0.5) * scale
          const clientY = at.top + (at.height - guest.height * scale) / 2 + (y + 0.5) * scale
          expect(toSurface({ clientX, clientY }, at, guest)).toEqual({ x, y })
        },
      ),
    )
  })
})

test('the canvas is laid out, and given back to the style sheet', () => {
  const container = document.createElement('div')
  const canvas = document.createElement('canvas')
  container.getBoundingClientRect = () => new DOMRect(0, 0, 643, 401)
  vi.stubGlobal('devicePixelRatio', 2)
  place(canvas, container, { width: 1280, height: 800 })
  expect([canvas.style.width, canvas.style.height]).toEqual(['640px', '400px'])
  place(canvas, container, { width: 800, height: 600 })
  expect(canvas.getAttribute('style') ?? '').toBe('')
  place(canvas, container, null)
  vi.unstubAllGlobals()
})
