// Why: each end-to-end test gets a hypervisor, a configuration and a kiosk of its own, started in this process so that
// a test can look at the page, the session and the hypervisor's events at once; all ended when the test ends.
import { test as base, expect } from '@playwright/test'
import type { Page } from 'playwright-core'
import { makeConfigDir, type ConfigDir } from '../build/demo/config-dir.ts'
import { typeSignIn, untilState } from '../build/demo/drive.ts'
import { libvirtUri } from '../build/demo/rig.ts'
import { version } from '../build/version.ts'
import type { App } from '../electron/core/app.ts'
import type { Clock } from '../electron/core/ports/clock.ts'
import type { SessionState } from '../electron/core/session/state.ts'
import { startChromiumKiosk, type ChromiumKiosk } from '../electron/main/chromium.ts'
import { readConfig, servicesFor } from '../electron/main/read-config.ts'
import { startEmbeddedHypervisor, type EmbeddedHypervisor, type HypervisorOptions } from '../embedded/hypervisor.ts'
import { spiceDisplay } from '../embedded/vm/spice-display.ts'
import type { ConfigInput } from '../shared/config/schema.ts'
import type { ErrorCode } from '../shared/error-codes.ts'
import type { SsoOutcome } from '../shared/sso.ts'
import { translator } from '../shared/i18n/messages.ts'

type EndpointInput = Extract<ConfigInput['endpoints'][number], { kind: 'libvirt' }>

export interface LaunchOptions {
  readonly hypervisor?: Partial<HypervisorOptions>
  /** Changes the endpoint of the default configuration (access: person). */
  readonly endpoint?: Partial<EndpointInput>
  readonly config?: Partial<ConfigInput>
  /** Text for the known_hosts file instead of the right one. */
  readonly knownHosts?: string
  /** Makes long waits short. Default: the real time. */
  readonly clock?: (real: Clock) => Clock
}

/** What a test has at hand; `H` is the hypervisor behind it. */
export interface Desk<H = EmbeddedHypervisor> {
  readonly kiosk: ChromiumKiosk
  readonly app: App
  readonly page: Page
  readonly hypervisor: H
  readonly config: ConfigDir
  readonly log: string[]
  /** Violations of the page's security policy and console errors, as they came. */
  readonly violations: string[]
  signIn(user?: string, password?: string): Promise<void>
  until(ready: (s: SessionState) => boolean, what: string): Promise<SessionState>
  /** Expects the words of this error on the screen and its trace id in the log. */
  expectError(code: ErrorCode): Promise<void>
  expectOutcome(outcome: SsoOutcome): Promise<void>
  expectSignInScreen(): Promise<void>
}

const t = translator('en')
export const ADA = { name: 'ada', password: 'p"a$s`w\\örd' } as const
const guest = { flavour: 'linux', accounts: [ADA] } as const

/** One person, one running desktop with a quick agent. */
export function adaOnly(over: Partial<HypervisorOptions['domains'] extends readonly (infer D)[] | undefined ? D : never> = {}): Partial<HypervisorOptions> {
  return {
    users: [{ ...ADA }, { name: 'kiosk', methods: ['publickey'] }],
    deviceAccounts: ['kiosk'],
    domains: [{ name: 'ada-desktop', title: 'Ada’s desktop', users: ['ada'], state: 'running', guest, agent: { delayMs: 50, confirmMs: 50, sessionMessages: true }, ...over }],
  }
}

export type Launch = (o?: LaunchOptions) => Promise<Desk>

export const test = base.extend<{ launch: Launch }>({
  launch: async ({}, use) => {
    const endings: (() => Promise<void> | void)[] = []
    await use(async (o = {}) => {
      const hypervisor = await startEmbeddedHypervisor({ ...adaOnly(), display: spiceDisplay, ...o.hypervisor })
      endings.unshift(() => hypervisor.stop())
      const config = makeConfigDir()
      endings.unshift(() => config.remove())
      const known_hosts = config.file('known_hosts', o.knownHosts ?? hypervisor.knownHosts)
      const keyfile = config.file('device-key', hypervisor.deviceKey.privateKey)
      const access = o.endpoint?.access ?? 'person'
      const uri = libvirtUri(access === 'device' ? 'kiosk' : undefined, hypervisor.host, hypervisor.port, { known_hosts, ...(access === 'device' && { keyfile }) })
      config.write({
        version: 1,
        kiosk: { fullscreen: false },
        log: { level: 'debug' },
        endpoints: [{ id: 'hq', label: 'Head office', kind: 'libvirt', uri, access, connectSeconds: 3, ...o.endpoint }],
        ...o.config,
      })
      const log: string[] = []
      const logTo = (line: string): void => void log.push(line)
      const read = readConfig(config.dir, true)
      const services = servicesFor(read, logTo)
      const kiosk = await startChromiumKiosk({ configDir: config.dir, dev: true, headless: true, version: version(), read, services: { ...services, clock: o.clock?.(services.clock) ?? services.clock } })
      endings.unshift(() => kiosk.close())
      return desk(kiosk, hypervisor, config, log)
    })
    for (const end of endings) await end()
  },
})
export { expect }

export function desk<H>(kiosk: ChromiumKiosk, hypervisor: H, config: ConfigDir, log: string[]): Desk<H> {
  const { app, shell } = kiosk
  const { page } = shell
  const violations: string[] = []
  page.on('console', (m) => {
    if (m.type() === 'error' || /Content Security Policy|Trusted ?Type/i.test(m.text())) violations.push(m.text())
  })
  page.on('pageerror', (e) => violations.push(e.message))
  return {
    kiosk,
    app,
    page,
    hypervisor,
    config,
    log,
    violations,
    async signIn(user = ADA.name, password = ADA.password) {
      await page.locator('#user').waitFor()
      await typeSignIn(page, user, password)
    },
    until: (ready, what) => untilState(app, ready, what),
    async expectError(code) {
      const card = page.locator(`[data-code="${code}"]`)
      await expect(card).toBeVisible()
      await expect(card).toContainText(plain(t(`error.${code}.title`)))
      const reference = /T-[0-9A-Z]+/.exec(await card.innerText())?.[0]
      expect(reference, 'a reference for IT is on the screen').toBeDefined()
      expect(log.some((line) => line.includes(reference ?? '?') && line.includes(code)), `the log names ${reference ?? ''} with ${code}`).toBe(true)
    },
    async expectOutcome(outcome) {
      await untilState(app, (s) => 'at' in s && s.at.sso.state === 'done' && s.at.sso.outcome === outcome, `the outcome ${outcome}`)
      const line = page.locator(`[data-outcome="${outcome}"]`)
      await expect(line).toContainText(plain(t(`sso.${outcome}`)))
    },
    async expectSignInScreen() {
      await expect(page.locator('#password')).toBeVisible()
      await expect(page.locator('#password')).toHaveValue('')
    },
  }
}

/** The fixed beginning of a sentence: what stands before its first parameter. */
const plain = (sentence: string): string => sentence.split('{')[0] ?? sentence
