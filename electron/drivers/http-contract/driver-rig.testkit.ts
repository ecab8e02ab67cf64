// Why: test code. What the contract suite needs of a product's double: every condition that a real server can be in, as
// one call each, so that the suite itself knows no product.
import { setTimeout as realTime } from 'node:timers/promises'
import type { DesktopId } from '../../../shared/desktop.ts'
import type { ErrorCode } from '../../../shared/error-codes.ts'
import { AppError } from '../../core/errors.ts'
import type { ConsoleGrant, CredentialPath, HypervisorDriver } from '../../core/ports/driver.ts'
import type { HttpConnector } from '../../core/ports/http.ts'
import type { Redactor } from '../../core/redactor.ts'
import type { ManualClock } from '../../core/testkit.ts'

/** What a server answers instead of what it should, to every request from then on. */
export type Fault = '500' | '502' | '503' | 'html' | 'truncated' | 'huge' | 'slow' | 'redirect' | 'drop'
export const FAULTS: readonly Fault[] = ['500', '502', '503', 'html', 'truncated', 'huge', 'slow', 'redirect', 'drop']

/** Codes that a driver may answer a fault with; a rig may say otherwise. */
export const FAULT_CODES: Readonly<Record<Fault, readonly ErrorCode[]>> = {
  '500': ['hypervisor.unavailable'],
  '502': ['hypervisor.unavailable'],
  '503': ['hypervisor.unavailable'],
  // status 200, a page for people
  html: ['hypervisor.protocol'],
  truncated: ['hypervisor.protocol'],
  huge: ['hypervisor.protocol'],
  slow: ['http.timeout'],
  redirect: ['hypervisor.redirect'],
  drop: ['http.lost'],
}

export interface Person {
  readonly user: string
  readonly password: string
}

export interface DriverRig {
  /** Trusts the double's certificate. */
  readonly driver: HypervisorDriver
  /** The same address, trusting another authority; absent for a driver without TLS. */
  readonly distrusting?: HypervisorDriver
  /** The driver's clock; the connector has one of its own. */
  readonly clock: ManualClock
  /** The connector's: its timeouts pass only where a test lets them. */
  readonly netClock: ManualClock
  /** Longest pause the connector allows, ms. */
  readonly pauseMs: number
  readonly redactor: Redactor
  readonly person: Person
  /** A second person, in the same domain, who may use other desktops only; absent: the double has one person. */
  readonly other?: Person
  /** Requests that wait for their reply, as the connector sees it (see watched). */
  readonly inFlight: () => number
  /** Requests that reached the server so far. */
  readonly requests: () => number
  /** Sign-ins that the server believes to be going on. */
  readonly openSessions: () => number
  /** Requests that reached the place a redirect points to. */
  readonly elsewhere: () => number
  readonly faultCodes?: Partial<Record<Fault, readonly ErrorCode[]>>

  fault(kind: Fault | undefined): void
  /** Requests from then on get no answer until `release`. Resolves when one has come. */
  hold(): Promise<void>
  release(): void
  /** The server's process ends, and comes back with its sessions forgotten. */
  down(): Promise<void>
  up(): Promise<void>

  /** The desktop the suite works with, powered off at first, at a server that is otherwise well. */
  readonly desktop: DesktopId
  /** Absent: the product cannot say it apart from something else. */
  noDesktops(): void
  /** What the driver takes for more than anybody has; absent: at least 1,000. */
  readonly mostDesktops?: number
  /** So many besides. */
  manyDesktops(count: number): void
  /** A desktop whose name holds markup, control characters, direction overrides and 10,000 characters. */
  hostileName(): void
  /** How a start goes; 'never': it stays on its way. */
  start(how: 'at-once' | 'slow' | 'fails' | 'never'): void
  /** It runs already. */
  running(): void
  /** Every sign-in that the server knew is over. */
  expireSessions(): void
  /** The person's password is another one from now on. */
  changePassword(): void
  /** The time that the display's tickets are good for is over; for 'fixed' tickets nothing changes. */
  expireTickets(): void
  /** Whether the display behind this grant would let its holder in now. */
  accepts(grant: ConsoleGrant): boolean

  /** What credentialPath must be. */
  readonly path: CredentialPath['kind']
  /** For 'api' and 'at-start': what the guest was given last. */
  delivered?(): Person | undefined
  /** For 'api': a guest whose agent does not answer. */
  agentSilent?(): void
  /** For products that ask for a second step: makes them ask; the answer that is right. */
  challenge?(): string

  close(): Promise<void>
}

/** The same connector, counting requests under way, so that a test's clock stands still meanwhile. */
export function watched(connector: HttpConnector): { readonly http: HttpConnector; readonly inFlight: () => number } {
  let count = 0
  const during = async <T>(work: Promise<T>): Promise<T> => {
    count++
    return await work.finally(() => count--)
  }
  return {
    inFlight: () => count,
    http: {
      client: (options) => {
        const client = connector.client(options)
        return { request: (r, ctx) => during(client.request(r, ctx)), handshake: (ctx) => during(client.handshake(ctx)), close: () => client.close() }
      },
    },
  }
}

/** Lets the driver's time pass, in steps, whenever nothing is under way, until `work` is over. */
export async function driven<T>(rig: DriverRig, work: Promise<T>): Promise<T> {
  const over = settledFlag(work)
  while (!over.done) {
    if (rig.inFlight() === 0) await rig.clock.advance(500)
    await realTime(1)
  }
  return await work
}

/** Lets the connector's time pass until `work` is over: for servers that do not answer. */
export async function outwaited<T>(rig: DriverRig, work: Promise<T>): Promise<T> {
  const over = settledFlag(work)
  while (!over.done) {
    await rig.netClock.advance(rig.pauseMs / 4)
    // A server that drips needs real time for it.
    await realTime(10)
  }
  return await work
}

function settledFlag(work: Promise<unknown>): { done: boolean } {
  const flag = { done: false }
  const end = (): void => void (flag.done = true)
  work.then(end, end)
  return flag
}

export async function failure(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then((v) => new Error(`it worked: ${JSON.stringify(v)?.slice(0, 200)}`), (e: unknown) => e)
  if (!(error instanceof AppError)) throw error
  return error
}
