// Why: the engine's two spellings of the same document, and its ways of saying no.
// Source: https://ovirt.github.io/ovirt-engine-api-model/4.4/ (examples of every type; fault; action)
import type { FakeReply, FakeRequest } from '../http-server.ts'

export type Doc = { readonly [key: string]: string | number | boolean | Doc | readonly Doc[] | undefined }

/** Which of the two is answered: what the request accepts, unless the engine is of a kind that ignores it. */
export function wantsXml(request: FakeRequest, always: boolean): boolean | undefined {
  const accept = request.headers.accept ?? '*/*'
  if (always) return true
  if (/application\/json/.test(accept)) return false
  if (/application\/xml|\*\/\*/.test(accept)) return true
  return undefined
}

export function document(status: number, root: string, doc: Doc, xml: boolean): FakeReply {
  return xml
    ? { status, headers: { 'Content-Type': 'application/xml;charset=utf-8' }, body: `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${element(root, doc)}` }
    : { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(jsonOf(doc)) }
}

export function fault(status: number, detail: string, xml: boolean, reason = 'Operation Failed'): FakeReply {
  return document(status, 'fault', { detail, reason }, xml)
}

/** A refused action carries its fault inside. */
export function refused(detail: string, xml: boolean, status = 409): FakeReply {
  return document(status, 'action', { fault: { detail, reason: 'Operation Failed' }, status: 'failed' }, xml)
}

/** WildFly's and the web server's own pages are HTML whatever was asked for. */
export const page = (status: number, title: string, headers: Readonly<Record<string, string>> = {}): FakeReply => ({ status, headers: { 'Content-Type': 'text/html;charset=UTF-8', ...headers }, body: `<html><head><title>Error</title></head><body>${title}</body></html>` })

/** JSON writes booleans as strings. */
function jsonOf(doc: Doc): unknown {
  return Object.fromEntries(
    Object.entries(doc)
      .filter(([, v]) => v !== undefined && !(Array.isArray(v) && v.length === 0))
      .map(([k, v]) => [k, Array.isArray(v) ? (v as readonly Doc[]).map(jsonOf) : typeof v === 'object' ? jsonOf(v as Doc) : typeof v === 'boolean' ? String(v) : v]),
  )
}

const ATTRIBUTES = new Set(['id', 'href'])

function element(name: string, doc: Doc): string {
  const entries = Object.entries(doc).filter(([, v]) => v !== undefined)
  const attrs = entries.filter(([k]) => ATTRIBUTES.has(k)).map(([k, v]) => ` ${k}="${escape(String(v as string))}"`)
  const inner = entries
    .filter(([k]) => !ATTRIBUTES.has(k))
    .map(([k, v]) => (Array.isArray(v) ? (v as readonly Doc[]).map((d) => element(k, d)).join('') : typeof v === 'object' ? element(k, v as Doc) : `<${k}>${escape(String(v))}</${k}>`))
    .join('')
  return inner === '' ? `<${name}${attrs.join('')}/>` : `<${name}${attrs.join('')}>${inner}</${name}>`
}

/** What XML cannot carry the engine leaves out. */
function escape(text: string): string {
  return text.replace(/[^\P{Cc}\n\t\r]/gu, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\r', '&#13;')
}
