import { describe, expect, it } from 'vitest'
import { ENDPOINT_KINDS, parseDemoArgs, UsageError } from './args.ts'

const refused = (...argv: string[]): string => {
  try {
    parseDemoArgs(argv, ENDPOINT_KINDS)
  } catch (e) {
    if (e instanceof UsageError) return e.message
    throw e
  }
  return 'taken'
}

describe('options of the demo', () => {
  it('have defaults that need nothing', () => {
    expect(parseDemoArgs([])).toEqual({ lab: 'embedded', endpoint: 'libvirt', engine: 'latchkey', headless: undefined, runs: 10, json: false, out: 'demo-report' })
  })
  it.each(ENDPOINT_KINDS)('take the kind %s', (kind) => {
    expect(parseDemoArgs(['--endpoint', kind], ENDPOINT_KINDS).endpoint).toBe(kind)
  })
  it('name the word that was meant', () => {
    expect(refused('--endpoint', 'proxmx')).toBe('--endpoint must be libvirt, kvm-vdi, ovirt, proxmox or spice, not "proxmx"; did you mean proxmox?')
    expect(refused('--endpoint=Ovirt')).toContain('did you mean ovirt?')
    expect(refused('--endpiont', 'ovirt')).toBe('there is no option --endpiont; did you mean --endpoint?')
    expect(refused('--lab', 'embeded')).toContain('did you mean embedded?')
    expect(refused('--engine', 'zzz')).toBe('--engine must be latchkey or spice-html5, not "zzz"')
  })
  it('that cannot be meant together, or are no number, are refused', () => {
    expect(refused('--lab', 'kvm', '--endpoint', 'ovirt')).toContain('--lab embedded')
    expect(refused('--runs', '0')).toContain('whole number')
    expect(refused('--endpoint')).not.toBe('taken')
    expect(refused('stray')).not.toBe('taken')
  })
  it('that only the demo knows are refused elsewhere', () => {
    expect(() => parseDemoArgs(['--endpoint', 'ovirt'])).toThrow('--endpoint must be libvirt, not "ovirt"')
  })
})
