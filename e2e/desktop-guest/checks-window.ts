// Why: the guest's resolution follows the window through the real agent, there and back, and the picture is right at each size.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Check } from './check.ts'
import { agrees } from './checks-picture.ts'
import { eventually } from './expect.ts'

/** Sizes of the window, and what the guest then has: whole steps of 8 by 2. */
const sizes: readonly (readonly [width: number, height: number, guest: string])[] = [
  [1024, 768, '1024x768'], [1600, 900, '1600x900'], [1366, 768, '1360x768'], [803, 601, '800x600'], [1920, 1080, '1920x1080'], [1280, 800, '1280x800'],
]

export const windowChecks: readonly Check[] = [
  ...sizes.map(([width, height, wanted]): Check => ({
    name: `resize: a window of ${width}x${height}`,
    async run(v) {
      const began = performance.now()
      await v.kiosk.page.setViewportSize({ width, height })
      const size = async (): Promise<string> => {
        const now = await v.inside.resolution()
        return `${now.width}x${now.height}`
      }
      await eventually('the guest\'s resolution', 40, size, (s) => s === wanted)
      const followed = Math.round(performance.now() - began)
      const facts = await agrees(v)
      await v.picture(`6-${wanted}`)
      return { ...facts, followed_ms: followed }
    },
  })),
  {
    name: 'resize: a window that is being dragged sets few modes',
    async run(v) {
      await v.inside.shell('touch /tmp/watched')
      await v.inside.launch('sh -c \'while [ -e /tmp/watched ]; do xrandr | head -1; sleep 0.1; done | uniq > /tmp/modes\'')
      for (let i = 0; i < 20; i++) {
        await v.kiosk.page.setViewportSize({ width: 1280 - i * 16, height: 800 - i * 8 })
        await sleep(60)
      }
      await eventually('the guest\'s resolution', 40, () => v.inside.resolution(), (r) => r.width === 976 && r.height === 648)
      await v.inside.shell('rm /tmp/watched; sleep 1')
      const modes = (await v.inside.shell('cat /tmp/modes')).trim().split('\n').length
      // The one before, the last one, and one or two where the dragging stood still for a moment.
      if (modes < 2 || modes > 4) throw new Error(`the screen had ${modes} sizes`)
      await v.kiosk.page.setViewportSize({ width: 1280, height: 800 })
      await eventually('the guest\'s resolution', 40, () => v.inside.resolution(), (r) => r.width === 1280 && r.height === 800)
      return { modes, ...(await agrees(v)) }
    },
  },
]
