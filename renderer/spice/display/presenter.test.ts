import { describe, expect, test } from 'vitest'
import { Surface } from '../canvas/surface.ts'
import type { Rect } from '../pixels.ts'
import { SurfaceFmt } from '../wire/enums.ts'
import { rect } from './messages.testkit.ts'
import { Presenter, viewOf, type Screen } from './presenter.ts'

class ListScreen implements Screen {
  readonly log: (string | readonly [Rect, number, number])[] = []
  resize(width: number, height: number): void {
    this.log.push(`${width}x${height}`)
  }
  put(_: Surface, part: Rect, x: number, y: number): void {
    this.log.push([part, x, y])
  }
  take(): unknown[] {
    return this.log.splice(0)
  }
}

const surface = (width = 8, height = 6): Surface => new Surface(width, height, SurfaceFmt['32_xRGB'])
const head = (x: number, y: number, width: number, height: number) => ({ id: 0, surface: 0, x, y, width, height })

function setUp() {
  const frames: (() => void)[] = []
  const told: unknown[] = []
  const presenter = new Presenter({
    requestFrame: (fn) => frames.push(fn),
    now: () => 0,
    onView: (view) => told.push(view),
    onFirstFrame: () => told.push('first'),
  })
  const frame = (): void => { for (const fn of frames.splice(0)) fn() }
  return { presenter, frames, frame, told, screen: new ListScreen() }
}

describe('Presenter', () => {
  test('once per frame, and only what is dirty', () => {
    const { presenter, frames, frame, told, screen } = setUp()
    const s = surface()
    presenter.show(screen)
    presenter.surface(s)
    s.dirty.add(0, 0, 8, 6)
    for (let i = 0; i < 5; i++) presenter.changed()
    expect(frames).toHaveLength(1)
    frame()
    expect(screen.take()).toEqual(['8x6', [rect(0, 0, 8, 6), 0, 0]])
    expect(told).toEqual([{ x: 0, y: 0, width: 8, height: 6 }, 'first'])
    s.dirty.add(1, 2, 3, 4)
    presenter.changed()
    frame()
    expect(screen.take()).toEqual([[rect(1, 2, 3, 4), 0, 0]])
    expect([presenter.frames, told.length]).toEqual([2, 2])
  })

  test('a new surface leaves the old picture until something is drawn on it', () => {
    const { presenter, frame, screen } = setUp()
    const a = surface()
    presenter.show(screen)
    presenter.surface(a)
    a.dirty.add(0, 0, 1, 1)
    frame()
    screen.take()
    presenter.surface(undefined)
    const b = surface(10, 4)
    presenter.surface(b)
    frame()
    expect(screen.take()).toEqual([])
    b.dirty.add(0, 0, 1, 1)
    presenter.changed()
    frame()
    expect(screen.take()).toEqual(['10x4', [rect(0, 0, 10, 4), 0, 0]])
  })

  test('monitors that are a part of the surface', () => {
    const { presenter, frame, told, screen } = setUp()
    const s = surface(20, 20)
    presenter.show(screen)
    presenter.surface(s)
    presenter.heads([head(2, 4, 6, 5), head(8, 4, 6, 5)])
    s.dirty.add(0, 0, 3, 20)
    s.dirty.add(19, 19, 20, 20)
    frame()
    expect(screen.take()).toEqual(['12x5', [rect(2, 4, 14, 9), 2, 4]])
    s.dirty.add(0, 0, 3, 20)
    s.dirty.add(19, 19, 20, 20)
    presenter.changed()
    frame()
    expect(screen.take()).toEqual([[rect(2, 4, 3, 9), 2, 4]])
    expect(told.at(-2)).toEqual({ x: 2, y: 4, width: 12, height: 5 })
  })

  test('a screen that comes late is filled', () => {
    const { presenter, frame, told, screen } = setUp()
    const s = surface()
    presenter.surface(s)
    s.dirty.add(0, 0, 1, 1)
    presenter.changed()
    frame()
    presenter.show(screen)
    frame()
    expect(screen.take()).toEqual(['8x6', [rect(0, 0, 8, 6), 0, 0]])
    expect(told).toContain('first')
  })

  test('the first frame is told again after there was no surface', () => {
    const { presenter, frame, told, screen } = setUp()
    presenter.show(screen)
    for (let i = 0; i < 2; i++) {
      const s = surface()
      presenter.surface(s)
      s.dirty.add(0, 0, 1, 1)
      frame()
      presenter.surface(undefined)
    }
    expect(told.filter((t) => t === 'first')).toHaveLength(2)
  })

  test('nothing after close', () => {
    const { presenter, frames, frame, screen } = setUp()
    const s = surface()
    presenter.show(screen)
    presenter.surface(s)
    s.dirty.add(0, 0, 1, 1)
    presenter.close()
    frame()
    presenter.changed()
    expect([screen.take(), frames]).toEqual([[], []])
  })
})

test.each([
  ['no heads', [], [0, 0, 100, 50]],
  ['one', [head(0, 0, 100, 50)], [0, 0, 100, 50]],
  ['one that is off, and one', [head(0, 0, 0, 0), head(10, 5, 20, 20)], [10, 5, 20, 20]],
  ['one that is not on the surface', [head(90, 0, 20, 20)], [0, 0, 100, 50]],
])('viewOf: %s', (_, heads, [x, y, width, height]) => {
  expect(viewOf({ width: 100, height: 50 }, heads)).toEqual({ x, y, width, height })
})
