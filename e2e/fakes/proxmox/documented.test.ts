// What the guide for IT says is what the schema, the driver and the table of errors take.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { isErrorCode } from '../../../shared/error-codes.ts'
import { ProxmoxEndpoint } from '../../../shared/config/endpoint.ts'
import { checkSshWay } from '../../../electron/drivers/proxmox/node-ssh.ts'
import { RIGHTS } from './rig.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../docs/admin/proxmox.md'), 'utf8')
const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)
const first = (parse(blocks[0]!) as { endpoints: Record<string, unknown>[] }).endpoints[0]!

it('its configuration is one', () => {
  expect(ProxmoxEndpoint.parse(first)).toMatchObject({ realm: 'pve', signOn: { enabled: true, helper: ['/usr/local/sbin/latchkey-sign-on'] } })
})
it('its way by SSH works', () => {
  const { signOn } = ProxmoxEndpoint.parse({ ...first, ...(parse(blocks[1]!) as object) })
  expect(() => checkSshWay(signOn.ssh!, false)).not.toThrow()
})
it('its rights are those that the double demands', () => {
  for (const right of [...RIGHTS, 'VM.GuestAgent.Unrestricted', 'VM.GuestAgent.Audit', 'Sys.Audit']) expect(guide).toContain(right)
})
it('its table names errors that exist', () => {
  const table = guide.slice(guide.indexOf('## Refusals'))
  const codes = [...table.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
  expect(codes.length).toBeGreaterThan(20)
  for (const name of codes) expect(name.endsWith('.*') || isErrorCode(name), name).toBe(true)
})
