import { describe, expect, it } from 'vitest'
import type { AppError } from '../../core/errors.ts'
import type { DesktopId } from '../../../shared/desktop.ts'
import { desktopsOf, idOf, powerOf, vmOfPool } from './desktops.ts'
import { loginName } from './login-name.ts'
import type { Pool, Vm } from './model.ts'
import { onlyConnection, vvText } from './vv-text.ts'

const vm = (id: string, over: Partial<Vm> = {}): Vm => ({ id, name: `vm ${id}`, status: 'up', ...over })
const pool = (over: Partial<Pool> = {}): Pool => ({ id: 'p', name: 'Pool', max_user_vms: 1, type: 'automatic', ...over })
const of = (status: string): Vm => vm('x', { status, vm_pool: { id: 'p' } })
const brief = (vms: readonly Vm[], pools: readonly Pool[]): string[] => desktopsOf(vms, pools).map((d) => `${d.id} ${d.power}`)

describe('states', () => {
  it.each([
    ['up', 'running'], ['powering_up', 'running'], ['reboot_in_progress', 'running'], ['migrating', 'running'], ['not_responding', 'running'],
    ['wait_for_launch', 'starting'], ['restoring_state', 'starting'], ['paused', 'paused'], ['suspended', 'saved'], ['saving_state', 'stopping'],
    ['powering_down', 'stopping'], ['down', 'off'], ['image_locked', 'unknown'], ['unassigned', 'unknown'], ['unknown', 'unknown'], ['toString', 'unknown'],
  ])('%s is %s', (status, power) => expect(powerOf({ status })).toBe(power))
  it('absent is unknown', () => expect(powerOf({})).toBe('unknown'))
})

describe('a list', () => {
  it('shows a pool of one a person as one desktop, with the VM behind it', () => {
    expect(brief([vm('a')], [pool()])).toEqual(['pool:p off', 'a running'])
    expect(brief([of('up')], [pool()])).toEqual(['pool:p running'])
    expect(brief([of('down')], [pool()])).toEqual(['pool:p off'])
    expect(vmOfPool(pool(), [of('down')], 'x')).toBeUndefined()
  })
  it('keeps a stopped VM of a manual pool for its person', () => {
    expect(vmOfPool(pool({ type: 'manual' }), [of('down')], undefined)?.id).toBe('x')
  })
  it('shows VMs of a pool of several beside it, as long as it gives more', () => {
    const two = pool({ max_user_vms: 2 })
    expect(brief([of('up')], [two])).toEqual(['pool:p off', 'x running'])
    expect(brief([of('up'), { ...of('up'), id: 'y' }], [two])).toEqual(['x running', 'y running'])
    expect(brief([of('down')], [two])).toEqual(['pool:p off'])
    expect(vmOfPool(two, [of('up')], undefined)).toBeUndefined()
  })
  it('shows the VM that was taken from a pool of several as that pool', () => {
    const both = [of('up'), { ...of('up'), id: 'y' }]
    expect(desktopsOf(both, [pool({ max_user_vms: 2 })], new Map([['p', 'y']])).map((d) => `${d.id} ${d.power}`)).toEqual(['pool:p running', 'x running'])
    expect(desktopsOf(both, [pool({ max_user_vms: 2 })], new Map([['p', 'gone']])).map((d) => d.id)).toEqual(['x', 'y'])
  })
  it('shows a VM whose pool the person may not see', () => expect(brief([of('up')], [])).toEqual(['x running']))
  it('tells the kind of system', () => {
    const os = (type: string): string | undefined => desktopsOf([vm('a', { os: { type } })], [])[0]?.os
    expect([os('windows_10x64'), os('rhel_8x64'), os('debian_9'), os('freebsdx64'), os('other'), os('other_linux'), os('s390x')]).toEqual(['windows', 'linux', 'linux', 'bsd', undefined, 'linux', 'other'])
  })
  it('has a title where a name says nothing', () => expect(desktopsOf([vm('a', { name: ' \n ' })], [])[0]?.title).toBe('a'))
})

describe('ids', () => {
  it('are VMs or pools', () => {
    expect(idOf('pool:p1' as DesktopId)).toEqual({ pool: 'p1' })
    expect(idOf('v1' as DesktopId)).toEqual({ vm: 'v1' })
    for (const bad of ['', 'pool:', '../x', 'a/b', 'pool:../x', 'a?b', 'x'.repeat(129)]) expect(idOf(bad as DesktopId)).toBeUndefined()
  })
})

describe('names', () => {
  it('get the first profile where none is typed', () => {
    expect(loginName('ada', ['corp', 'internal'])).toBe('ada@corp')
    expect(loginName('ada@internal', ['corp'])).toBe('ada@internal')
    expect(loginName('ada', [])).toBe('ada')
  })
  it.each(['', 'a\nb', 'x'.repeat(257), 'a\u2028b', '\ud800'])('%j is refused', (bad) => {
    try {
      loginName(bad, ['corp'])
    } catch (e) {
      return expect((e as AppError).code).toBe('auth.input')
    }
    throw new Error('it was taken')
  })
})

describe('the console file', () => {
  const file = '[virt-viewer]\ntype=spice\n  host=h\nusb-filter=null\ntitle=x\nca=a\\nb\n\n[ovirt]\nhost=engine\nsso-token=secret\n'
  it('is read as far as it says how the display is reached', () => expect(onlyConnection(file)).toBe('[virt-viewer]\ntype=spice\n  host=h\nca=a\\nb'))
  it('comes as text or as base64', () => {
    expect(vvText(file)).toBe(file)
    expect(vvText(Buffer.from(file).toString('base64').replace(/.{20}/g, '$&\n'))).toBe(file)
  })
})
