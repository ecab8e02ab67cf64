// Why: the check drives the whole application, as an administrator has it in the field: its own configuration folder, device
// access over SSH, a person who signs in and picks the desktop; the window is Chromium without a screen.
import type { Page } from 'playwright-core'
import { makeConfigDir } from '../../build/demo/config-dir.ts'
import { pickDesktop, typeSignIn, untilSignedOn, untilState, type SsoReport } from '../../build/demo/drive.ts'
import { version } from '../../build/version.ts'
import { startChromiumKiosk, type ChromiumKiosk } from '../../electron/main/chromium.ts'
import type { ConfigInput } from '../../shared/config/schema.ts'
import type { Lab } from '../lab/lab.ts'
import { domain, person } from './facts.ts'

export interface Kiosk {
  readonly app: ChromiumKiosk['app']
  readonly page: Page
  /** What the page complained about: errors, violations of its policy. */
  readonly complaints: readonly string[]
  readonly log: readonly string[]
  /** Signs in and waits for the first picture. @returns how the guest's sign-on ended */
  enter(): Promise<SsoReport>
  close(): Promise<void>
}

export async function openKiosk(lab: Lab, o: { readonly clipboard?: 'off' | 'both'; readonly headless?: boolean } = {}): Promise<Kiosk> {
  const config = makeConfigDir()
  const settings: ConfigInput = {
    version: 1,
    kiosk: { fullscreen: false },
    log: { level: 'debug' },
    console: { engine: 'latchkey', clipboard: { policy: o.clipboard ?? 'both' } },
    endpoints: [{ id: 'lab', label: 'Lab', kind: 'libvirt', uri: lab.libvirtUri('device'), access: 'device' }],
  }
  config.write(settings)
  const log: string[] = []
  const kiosk = await startChromiumKiosk({ configDir: config.dir, dev: true, headless: o.headless ?? true, version: version(), logTo: (line) => void log.push(line) })
  const { app, shell: { page } } = kiosk
  const complaints: string[] = []
  page.on('console', (m) => { if (m.type() === 'error' || /Content Security Policy|Trusted ?Type/i.test(m.text())) complaints.push(m.text()) })
  page.on('pageerror', (e) => complaints.push(e.message))
  return {
    app,
    page,
    complaints,
    log,
    async enter() {
      await page.locator('#user').waitFor()
      await typeSignIn(page, person.name, lab.person(person.name).password)
      await untilState(app, (s) => s.name === 'choosing' && s.loading === undefined, 'the list of desktops')
      await pickDesktop(page, domain.title)
      await untilState(app, (s) => s.name === 'connected', 'the first frame', 90_000)
      return untilSignedOn(app)
    },
    async close() {
      await kiosk.close()
      config.remove()
    },
  }
}
