// Why: the hypervisor's XML is input like any other. This is the only place that parses it: no document type, no
// custom entities, a size limit, and whatever goes wrong is `hypervisor.protocol` without a quote of the text,
// because the text may hold a display password.
import { XMLParser } from 'fast-xml-parser'
import { AppError } from '../../core/errors.ts'

/** A domain with hundreds of devices is about 200 KiB. */
export const MAX_XML = 2 * 1024 * 1024
const MAX_DEPTH = 64

export interface XmlElement {
  /** As written, prefix included. */
  readonly name: string
  readonly attrs: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Own character data, entities decoded, not trimmed. */
  readonly text: string
}

const ATTRS = ':@'
const TEXT = '#text'
const CDATA = '#cdata'

/** Throws only `hypervisor.protocol`. Returns the one root element. */
export function parseXml(text: string): XmlElement {
  if (text.length > MAX_XML) throw protocol('XML above the size limit')
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw protocol('XML with a document type')
  let parsed: unknown
  try {
    parsed = new XMLParser({
      preserveOrder: true,
      ignoreAttributes: false,
      attributeNamePrefix: '',
      allowBooleanAttributes: false,
      parseTagValue: false,
      parseAttributeValue: false,
      trimValues: false,
      processEntities: false,
      cdataPropName: CDATA,
      ignoreDeclaration: true,
      ignorePiTags: true,
    }).parse(text, true)
  } catch {
    throw protocol('XML that does not parse')
  }
  const roots = elements(parsed, 0)
  if (roots.length !== 1) throw protocol('XML without exactly one root element')
  return roots[0]!
}

function elements(list: unknown, depth: number): XmlElement[] {
  if (depth > MAX_DEPTH) throw protocol('XML nested too deep')
  if (!Array.isArray(list)) throw protocol('XML in an unexpected shape')
  const out: XmlElement[] = []
  for (const item of list as Record<string, unknown>[]) {
    const name = Object.keys(item).find((k) => k !== ATTRS)
    if (name === undefined || name === TEXT || name === CDATA) continue
    out.push({ name, attrs: attributes(item[ATTRS]), children: elements(item[name], depth + 1), text: ownText(item[name]) })
  }
  return out
}

function attributes(bag: unknown): Map<string, string> {
  const out = new Map<string, string>()
  if (typeof bag === 'object' && bag !== null) for (const [k, v] of Object.entries(bag)) out.set(k, decodeEntities(String(v)))
  return out
}

function ownText(list: unknown): string {
  let out = ''
  for (const item of list as Record<string, unknown>[]) {
    if (TEXT in item) out += decodeEntities(String(item[TEXT]))
    else if (CDATA in item) out += (item[CDATA] as Record<string, unknown>[]).map((part) => String(part[TEXT] ?? '')).join('')
  }
  return out
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The five entities of XML and numeric references; one pass, so `&amp;lt;` is `&lt;`. Others: `hypervisor.protocol`. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;&]{0,12});?/g, (whole, body: string) => {
    const named = Object.hasOwn(NAMED, body) ? NAMED[body] : undefined
    const digits = /^#(?:x([0-9a-f]+)|([0-9]+))$/i.exec(body)
    if (!whole.endsWith(';') || (named === undefined && digits === null)) throw protocol('XML with an unknown entity')
    if (named !== undefined) return named
    const code = digits![1] === undefined ? Number.parseInt(digits![2]!, 10) : Number.parseInt(digits![1], 16)
    const legal = code === 9 || code === 10 || code === 13 || (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0x10ffff)
    if (!legal) throw protocol('XML with a character that XML does not allow')
    return String.fromCodePoint(code)
  })
}

const escape = (text: string): string => text.replace(/[&<>"'\n\r\t]/g, (c) => `&#${c.codePointAt(0)};`)

/** Element → text; character data between child elements is left out (device XML has none). */
export function serialise(e: XmlElement): string {
  const attrs = [...e.attrs].map(([k, v]) => ` ${k}="${escape(v)}"`).join('')
  const inner = e.children.length > 0 ? e.children.map(serialise).join('') : escape(e.text.trim())
  return inner === '' ? `<${e.name}${attrs}/>` : `<${e.name}${attrs}>${inner}</${e.name}>`
}

export function child(e: XmlElement | undefined, name: string): XmlElement | undefined {
  return e?.children.find((c) => c.name === name)
}
export function childrenOf(e: XmlElement | undefined, name: string): readonly XmlElement[] {
  return e === undefined ? [] : e.children.filter((c) => c.name === name)
}
export function attr(e: XmlElement | undefined, name: string): string | undefined {
  return e?.attrs.get(name)
}

function protocol(what: string): AppError {
  return new AppError('hypervisor.protocol', what)
}
