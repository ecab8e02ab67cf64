// Why: the graphics consoles of a VM and the two ways to one: the file for remote-viewer, and a ticket.
// Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/#services-vm_graphics_consoles (current=true),
// #services-vm_graphics_console-methods-remote_viewer_connection_file (the example of the file), -ticket
import type { FakeReply } from '../http-server.ts'
import type { Call } from './api.ts'
import { TICKET_SECONDS, type EngineState, type FakeVm } from './state.ts'
import { document, fault, page, refused, type Doc } from './wire.ts'

/** The engine's ids of consoles are their protocols in hexadecimal. */
const idOf = (protocol: string): string => Buffer.from(protocol).toString('hex')
const runs = (vm: FakeVm): boolean => !['down', 'suspended', 'wait_for_launch', 'image_locked'].includes(vm.status)

export function consolesOf({ request, state, xml, o }: Call, vm: FakeVm, id: string | undefined): FakeReply {
  const current = request.query.get('current') === 'true'
  const docs = (current && !runs(vm) ? [] : vm.consoles).map((protocol): Doc => ({
    id: idOf(protocol),
    href: `/ovirt-engine/api/vms/${vm.id}/graphicsconsoles/${idOf(protocol)}`,
    protocol,
    // Address and port are told of the present run alone.
    ...(current && { address: state.display.address, port: state.display.port, ...(protocol === 'spice' && { tls_port: state.display.securePort }) }),
  }))
  if (id === undefined) return document(200, 'graphics_consoles', { graphics_console: docs }, xml)
  const one = docs.find((d) => d['id'] === id)
  return one === undefined ? fault(404, `Entity not found: ${id}`, o.xml) : document(200, 'graphics_console', one, xml)
}

export function consoleAction({ request, state, xml, o }: Call, vm: FakeVm, id: string, action: string): FakeReply {
  const protocol = vm.consoles.find((p) => idOf(p) === id)
  if (protocol === undefined) return fault(404, `Entity not found: ${id}`, xml)
  if (action === 'remoteviewerconnectionfile' && o.withoutFile) return page(404, 'Not Found')
  if (action !== 'remoteviewerconnectionfile' && action !== 'ticket') return page(404, 'Not Found')
  if (request.method !== 'POST') return page(405, 'Method Not Allowed')
  if (!runs(vm)) return refused('[Cannot set VM ticket. VM is not running.]', xml)
  if (action === 'ticket') {
    const expiry = Number(/"expiry":\s*"?([0-9]+)|<expiry>([0-9]+)/.exec(request.body)?.slice(1).find((x) => x !== undefined) ?? TICKET_SECONDS)
    return document(200, 'action', { status: 'complete', ticket: { value: state.newTicket(vm, expiry), expiry } }, xml)
  }
  return document(200, 'action', { status: 'complete', remote_viewer_connection_file: vvFile(state, vm, protocol) }, xml)
}

function vvFile(state: EngineState, vm: FakeVm, protocol: string): string {
  const { display } = state
  const password = state.newTicket(vm, TICKET_SECONDS)
  const lines = [
    '[virt-viewer]', `type=${protocol}`, `host=${display.address}`, 'port=-1', `password=${password}`,
    '# Password is valid for 120 seconds.', 'delete-this-file=1', 'fullscreen=0', `title=${vm.name.replace(/\s+/g, ' ').slice(0, 100)}:%d`,
    'toggle-fullscreen=shift+f11', 'release-cursor=shift+f12', 'secure-attention=ctrl+alt+end', `tls-port=${display.securePort}`,
    'enable-smartcard=0', 'enable-usb-autoshare=1', 'usb-filter=null', 'tls-ciphers=DEFAULT', `host-subject=${display.subject}`,
    ...(display.ca === '' ? [] : [`ca=${display.ca.trim().replaceAll('\n', '\\n')}\\n`]),
    'secure-channels=main;inputs;cursor;playback;record;display;smartcard;usbredir',
    'versions=rhev-win64:2.0-160;rhev-win32:2.0-160;rhel8:7.0-3;rhel7:2.0-6;rhel6:99.0-1', 'newer-version-url=http://www.ovirt.org/documentation/admin-guide/virt/console-client-resources',
    ...(display.proxy === undefined ? [] : [`proxy=${display.proxy}`]),
    '', '[ovirt]', 'host=engine.example.com:443', `vm-guid=${vm.id}`, 'sso-token=AAAA-a-token-that-is-none', 'admin=0',
  ]
  return `${lines.join('\n')}\n`
}
