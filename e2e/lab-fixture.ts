// Why: the end-to-end tests over the real thing: one lab for all of them, since desktops take seconds to start, and a
// kiosk of its own for each test.
import { test as base, expect } from '@playwright/test'
import { makeConfigDir } from '../build/demo/config-dir.ts'
import { pickDesktop, untilState } from '../build/demo/drive.ts'
import { version } from '../build/version.ts'
import type { SessionState } from '../electron/core/session/state.ts'
import { startChromiumKiosk } from '../electron/main/chromium.ts'
import type { ConfigInput } from '../shared/config/schema.ts'
import { desk, type Desk } from './app-fixture.ts'
import { runningLab, startLab, type Lab } from './lab/lab.ts'
import type { SshFiles } from './lab/sshd.ts'
import { ready } from './support/lab-guest.ts'

type EndpointInput = Extract<ConfigInput['endpoints'][number], { kind: 'libvirt' }>

export interface LabLaunch {
  readonly access?: 'person' | 'device'
  /** Device account; default kiosk, which has every right that it needs. */
  readonly device?: string
  readonly knownHosts?: Exclude<keyof SshFiles, 'deviceKey'>
  readonly signOn?: EndpointInput['signOn']
  readonly endpoint?: Partial<EndpointInput>
  readonly session?: ConfigInput['session']
}

export interface LabDesk extends Desk<Lab> {
  /** Signs in as a person of the lab with that person's own password. */
  enter(person: string): Promise<void>
  /** Picks from the list. */
  pick(domain: string): Promise<void>
  /** enter() and pick(). */
  open(person: string, domain: string): Promise<void>
  /** Until the guest's first picture; a start under emulation takes its time. */
  picture(): Promise<void>
  /** Until the guest has told something that fits. */
  guestTells(fits: (facts: NonNullable<Visit['guest']>) => boolean, what: string): Promise<void>
  /** Chooses from the menu of the console, by the keyboard's way to it. */
  menu(item: string): Promise<void>
  signOut(): Promise<void>
}
type Visit = Extract<SessionState, { readonly at: unknown }>['at']

/** Longest wait for a desktop that has to start first, ms. */
const START = 90_000

interface PerTest {
  launch: (o?: LabLaunch) => Promise<LabDesk>
  /** Brings desktops to where a test begins, side by side: they run, their agents listen, nobody is signed in. */
  desktops: (...names: string[]) => Promise<void>
}

export const test = base.extend<PerTest, { lab: Lab }>({
  lab: [
    async ({}, use) => {
      // One that runs already is somebody's who works with it, and stays.
      const was = await runningLab()
      const lab = was ?? (await startLab())
      await use(lab)
      if (was === undefined) await lab.stop()
    },
    { scope: 'worker', timeout: 300_000 },
  ],
  desktops: async ({ lab }, use) => {
    await use(async (...names) => void (await Promise.all(names.map((name) => ready(lab, name)))))
  },
  launch: async ({ lab }, use, info) => {
    const endings: (() => Promise<void> | void)[] = []
    const logs: string[][] = []
    await use(async (o = {}) => {
      const { access = 'device', device, knownHosts, signOn, endpoint, session } = o
      const config = makeConfigDir()
      endings.unshift(() => config.remove())
      const uri = lab.libvirtUri(access, { ...(device !== undefined && { user: device }), ...(knownHosts && { knownHosts: lab.ssh[knownHosts] }) })
      config.write({
        version: 1,
        kiosk: { fullscreen: false },
        log: { level: 'debug' },
        endpoints: [{ id: 'lab', label: 'Real hypervisor', kind: 'libvirt', uri, access, ...(signOn && { signOn }), ...endpoint }],
        ...(session && { session }),
      })
      const log: string[] = []
      logs.push(log)
      const kiosk = await startChromiumKiosk({ configDir: config.dir, dev: true, headless: true, version: version(), logTo: (line) => void log.push(line) })
      endings.unshift(() => kiosk.close())
      return labDesk(desk(kiosk, lab, config, log))
    })
    for (const end of endings) await end()
    // A real hypervisor's mood is not seen in the page.
    if (info.status !== info.expectedStatus) for (const log of logs) await info.attach('log', { body: log.join(''), contentType: 'text/plain' })
  },
})
export { expect }

function labDesk(d: Desk<Lab>): LabDesk {
  const { app, page, hypervisor: lab } = d
  const titleOf = (name: string): string => {
    const domain = lab.domains.find((x) => x.name === name)
    if (domain === undefined) throw new Error(`the lab has no desktop "${name}"`)
    return domain.title
  }
  const enter = (person: string): Promise<void> => d.signIn(person, lab.person(person).password)
  const pick = async (domain: string): Promise<void> => {
    await untilState(app, (s) => s.name === 'choosing' && s.error === undefined && s.loading === undefined, 'the list of desktops')
    await pickDesktop(page, titleOf(domain))
    await untilState(app, (s) => s.name !== 'choosing', 'the choice to be taken')
  }
  return {
    ...d,
    enter,
    pick,
    async open(person, domain) {
      await enter(person)
      await pick(domain)
    },
    picture: async () => void (await untilState(app, (s) => s.name === 'connected', 'the first frame', START)),
    guestTells: async (fits, what) => void (await untilState(app, (s) => 'at' in s && s.at.guest !== undefined && fits(s.at.guest), what)),
    async menu(item) {
      await page.getByRole('application').focus()
      await page.keyboard.press('Control+Alt+Home')
      await page.getByRole('menuitem', { name: item }).click()
    },
    async signOut() {
      app.dispatch({ type: 'ui.signOut' })
      await untilState(app, (s) => s.name === 'signedOut', 'the sign-in screen')
    },
  }
}
