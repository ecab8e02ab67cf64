// Why: the only wiring. Configuration and adapters go in, an App comes out; both entry files and the tests use it.
import { createAudit, type Audit } from '../adapters/log/audit.ts'
import { createLogger } from '../adapters/log/logger.ts'
import { createSink, type LineWriter, type Sink } from '../adapters/log/sink.ts'
import { nameWriter, type NameWriter } from '../adapters/log/user-names.ts'
import { systemClock } from '../adapters/clock.ts'
import { configuredFiles } from '../adapters/config/files.ts'
import { UndiciConnector } from '../adapters/http/undici-connector.ts'
import { HopDialer } from '../adapters/net/dialer.ts'
import { createDevicePower } from '../adapters/power/logind.ts'
import { LastChoiceFile } from '../adapters/state/last-choice.ts'
import { Ssh2Connector } from '../adapters/ssh/ssh2-connector.ts'
import { App } from '../core/app.ts'
import { defaultTimes } from '../core/credentials/sign-on.ts'
import type { FailoverDriver } from '../core/failover.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Logger } from '../core/ports/logger.ts'
import { Redactor } from '../core/redactor.ts'
import type { AuditEffect } from '../core/session/effects.ts'
import { createDriver, type DriverDeps } from '../drivers/registry.ts'
import type { VvFile } from '../drivers/spice/vv-file.ts'
import type { Config } from '../../shared/config/schema.ts'

/** From the display's grant to its first picture; a server that hangs is told after this, ms. */
const LINK_TIMEOUT = 20_000
/** How long a half-made sign-in waits for a code; one that was walked away from must not stay open, ms. */
const CHALLENGE_TIMEOUT = 120_000
/** How long the next person may have to wait for the last one's connection to close, ms. */
const CLEANUP_TIMEOUT = 3000

export interface Services {
  readonly clock: Clock
  readonly redactor: Redactor
  readonly sink: Sink
  readonly log: Logger
  readonly audit: Audit
  readonly names: NameWriter
}

/** What is needed before any configuration is read. */
export function createServices(log: Config['log'] = { level: 'info', users: 'hashed' }, write?: LineWriter): Services {
  const redactor = new Redactor()
  const sink = createSink({ redactor, ...(write && { write }) })
  const names = nameWriter(log.users)
  const clock = systemClock
  return { clock, redactor, sink, names, log: createLogger({ sink, clock, level: log.level, names }), audit: createAudit({ sink, clock, names }) }
}

export interface ComposeOptions {
  readonly dev: boolean
  readonly version: string
  /** `latchkey open`: what the endpoint's file held. */
  readonly opened?: VvFile
  /** Where the last choice is kept; default: this account's state folder, and with `dev` nowhere. */
  readonly state?: Pick<LastChoiceFile, 'read' | 'write'>
}

/** A trial must not change what the kiosk of the same account shows next. */
const forgetful: Pick<LastChoiceFile, 'read' | 'write'> = { read: () => undefined, write: () => true }

/**
 * @param config undefined: there is no usable configuration; the App can only show why (App.start with the error)
 */
export function composeApp(config: Config | undefined, services: Services, opts: ComposeOptions): App {
  const { clock, log, redactor } = services
  const drivers = new Map<string, FailoverDriver>()
  const made: { app?: App } = {}
  const dialer = new HopDialer(clock)
  const deps: DriverDeps = {
    connector: new Ssh2Connector(),
    http: new UndiciConnector(clock),
    files: configuredFiles(redactor),
    dialer,
    redactor,
    clock,
    log,
    dev: opts.dev,
    random: Math.random,
    onSite: () => made.app?.siteChanged(),
    ...(opts.opened && { opened: opts.opened }),
  }
  for (const endpoint of config?.endpoints ?? []) drivers.set(endpoint.id, createDriver(endpoint, deps))
  const device = config && createDevicePower(config.kiosk, { clock, log })

  const rememberUser = config?.ui.rememberUser ?? false
  const state = opts.state ?? (opts.dev ? forgetful : new LastChoiceFile())
  const last = state.read()
  made.app = new App({
    clock,
    log,
    redactor,
    dialer,
    driverFor: (id) => drivers.get(id),
    siteOf: (id) => drivers.get(id)?.status,
    closing: () => {
      for (const driver of drivers.values()) driver.stop()
    },
    signOnFor: (id) => {
      const signOn = signOnOf(config?.endpoints.find((e) => e.id === id))
      const times = { ...defaultTimes, agent: (signOn?.agentSeconds ?? 60) * 1000, confirm: (signOn?.confirmSeconds ?? 45) * 1000 }
      return { enabled: signOn?.enabled ?? false, times }
    },
    remember: (endpoint, user) => {
      if (!state.write({ endpoint, ...(rememberUser && { user }) })) log.debug('the last endpoint was not kept', { comp: 'state' })
    },
    keepPasswordMs: (config?.session.keepPasswordMinutes ?? 0) * 60_000,
    audit: (effect) => audit(services.audit, effect),
    settings: {
      endpoints: (config?.endpoints ?? []).map((e) => ({ id: e.id, label: e.label, ...(isInsecure(e) && { insecure: true as const }), ...(drivers.get(e.id)?.anonymous && { anonymous: true as const }) })),
      defaultUser: config?.ui.defaultUser ?? '',
      rememberUser,
      ...(last && { last }),
      autoConnectSingle: config?.session.autoConnectSingle ?? true,
      onDisconnect: config?.session.onDisconnect ?? 'keep',
      linkTimeoutMs: LINK_TIMEOUT,
      challengeTimeoutMs: CHALLENGE_TIMEOUT,
      cleanupTimeoutMs: CLEANUP_TIMEOUT,
    },
    bootstrap: {
      version: opts.version,
      locale: config?.ui.locale ?? 'en',
      organisation: config?.ui.organisation ?? '',
      message: config?.ui.message ?? '',
      power: [...(device?.allowed ?? [])],
      fullscreen: config?.kiosk.fullscreen ?? true,
      consoleEngine: config?.console.engine ?? 'latchkey',
      clipboard: config?.console.clipboard ?? { policy: 'off', maxBytes: 0 },
      sound: (config?.console.sound ?? 'on') === 'on',
      onDisconnect: config?.session.onDisconnect ?? 'keep',
    },
    malformed: (request, count) => services.audit.record({ event: 'ipc-malformed', request, count }),
    power: async (action) => {
      try {
        await device?.perform(action)
        services.audit.record({ event: 'power', action, ok: true })
      } catch (e) {
        services.audit.record({ event: 'power', action, ok: false })
        throw e
      }
    },
  })
  for (const driver of drivers.values()) driver.start()
  return made.app
}

/** A display on its own has no guest that we could sign on to. */
function signOnOf(endpoint: Config['endpoints'][number] | undefined): { enabled: boolean; agentSeconds?: number; confirmSeconds?: number } | undefined {
  return endpoint && 'signOn' in endpoint ? endpoint.signOn : undefined
}

/** Whether what a person types may cross the network in clear. */
function isInsecure(endpoint: Config['endpoints'][number]): boolean {
  return 'url' in endpoint && [endpoint.url].flat().some((url) => url.startsWith('http:'))
}

function audit(to: Audit, e: AuditEffect): void {
  const base = { user: e.who.user, endpoint: e.who.endpoint }
  const desktop = e.desktop ?? ''
  switch (e.what) {
    case 'sign-in':
      return to.record({ event: 'sign-in', ok: true, ...base })
    case 'sign-in-failed': {
      const { code, traceId: trace } = e.error ?? { code: 'internal.bug' as const, traceId: '' }
      if (code === 'ssh.host-key-changed' || code === 'ssh.host-key-unknown') to.record({ event: 'host-key', endpoint: base.endpoint, code, trace })
      return to.record({ event: 'sign-in', ok: false, ...base, code, trace })
    }
    case 'guest-sign-on':
      return to.record({ event: 'guest-sign-on', ...base, desktop, outcome: e.outcome ?? 'failed' })
    case 'console-opened':
      return to.record({ event: 'console-opened', ...base, desktop })
    case 'connection-lost': {
      const { code, traceId: trace } = e.error ?? { code: 'ssh.lost' as const, traceId: '' }
      return to.record({ event: 'connection-lost', ...base, code, trace })
    }
    case 'console-closed':
      return to.record({ event: 'console-closed', ...base, desktop, reason: e.error?.code ?? 'disconnect' })
    case 'sign-out':
      return to.record({ event: 'sign-out', ...base })
  }
}
