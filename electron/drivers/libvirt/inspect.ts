// Why: one virsh process tells everything about the domains (see virsh.ts); here its output becomes data.
import { AppError } from '../../core/errors.ts'
import type { PowerState } from '../../../shared/desktop.ts'
import { parseDomain, splitDomains, type Domain } from './domain-xml.ts'
import { isUuid } from './virsh.ts'

export interface Inspected {
  readonly domain: Domain
  readonly power: PowerState
}

/** virDomainState of libvirt-domain.h, folded. 0 no state, 2 blocked (waiting for a resource) counts as running. */
const STATES: Readonly<Record<number, PowerState>> = { 1: 'running', 2: 'running', 3: 'paused', 4: 'stopping', 5: 'off', 6: 'crashed', 7: 'suspended' }
const PAUSED = 3
/** virDomainPausedReason STARTING_UP */
const REASON_STARTING_UP = 11

export function parseUuids(output: string): readonly string[] {
  return [...new Set(output.split(/\s+/).map((s) => s.toLowerCase()).filter(isUuid))]
}

/**
 * Output of `Virsh.inspect` → domains. One that cannot be read is handed to `onBad` and left out. `candidate` may turn a
 * document down by its text alone: parsing is what takes the time where there are hundreds.
 */
export function parseInspection(output: string, onBad: (why: AppError) => void, candidate: (document: string) => boolean = () => true): readonly Inspected[] {
  const firstXml = output.search(/^<domain[\s>]/m)
  const head = firstXml < 0 ? output : output.slice(0, firstXml)
  const firstStats = head.search(/^Domain: '/m)
  const saved = new Set(parseUuids(firstStats < 0 ? head : head.slice(0, firstStats)))
  const states = parseStates(firstStats < 0 ? '' : head.slice(firstStats))
  const out: Inspected[] = []
  for (const document of splitDomains(firstXml < 0 ? '' : output.slice(firstXml))) {
    if (!candidate(document)) continue
    try {
      const domain = parseDomain(document)
      out.push({ domain, power: powerOf(domain, states.get(domain.name), saved.has(domain.uuid)) })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      onBad(error)
    }
  }
  return out
}

function powerOf(domain: Domain, state: { state: number; reason: number } | undefined, saved: boolean): PowerState {
  if (state === undefined) return domain.active ? 'unknown' : saved ? 'saved' : 'off'
  if (state.state === PAUSED && state.reason === REASON_STARTING_UP) return 'starting'
  const power = STATES[state.state] ?? 'unknown'
  return saved && (power === 'off' || power === 'crashed') && !domain.active ? 'saved' : power
}

/** Names are unique on a libvirt host and cannot hold a newline. */
function parseStates(text: string): Map<string, { state: number; reason: number }> {
  const out = new Map<string, { state: number; reason: number }>()
  for (const block of text.split(/^(?=Domain: ')/m)) {
    const name = /^Domain: '(.*)'$/m.exec(block)?.[1]
    const state = /^\s+state\.state=(\d+)$/m.exec(block)?.[1]
    const reason = /^\s+state\.reason=(\d+)$/m.exec(block)?.[1]
    if (name !== undefined && state !== undefined) out.set(name, { state: Number(state), reason: Number(reason ?? 0) })
  }
  return out
}
