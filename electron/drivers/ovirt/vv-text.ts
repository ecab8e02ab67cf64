// Why: the engine's console file says more than how the display is reached (hot keys, `usb-filter=null`, the token of the
// session), some of it in spellings that a file of IT's would be refused for. What is not the connection is left out
// before it is read.

/** Keys of [virt-viewer] that say how the display is reached. */
const CONNECTION = new Set(['type', 'host', 'port', 'tls-port', 'password', 'username', 'ca', 'host-subject', 'secure-channels', 'disable-channels', 'proxy'])

/** The text of a file that came as text or, from some versions, as base64. */
export function vvText(reply: string): string {
  const compact = reply.replace(/\s+/g, '')
  if (!reply.includes('[') && /^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return Buffer.from(compact, 'base64').toString('utf8')
  return reply
}

export function onlyConnection(text: string): string {
  const out: string[] = []
  let wanted = false
  for (const line of text.split(/\r?\n/)) {
    const group = /^\s*\[([^\]]*)\]\s*$/.exec(line)
    if (group) wanted = group[1] === 'virt-viewer'
    if (wanted && (group || CONNECTION.has(line.slice(0, Math.max(0, line.indexOf('='))).trim()))) out.push(line)
  }
  return out.join('\n')
}
