// Why: the engine answers in JSON or in XML, some services whatever they were asked for; above this file there is one
// shape. What is neither (a proxy's error page) is told as such, without a quote.
import { XMLParser } from 'fast-xml-parser'
import { AppError } from '../../core/errors.ts'
import type { HttpReply } from '../../core/ports/http.ts'

/** A VM is 5 to 8 KiB of JSON or XML; room for 2,000 of them. */
export const MAX_LIST = 16 * 1024 * 1024

/**
 * The reply's document: an object as the engine's JSON has it. Of XML the content of the root, attributes and elements
 * alike as properties, values as strings, a lone element of a list not as a list (see model.ts).
 * Throws hypervisor.protocol.
 */
export function documentOf(reply: HttpReply): unknown {
  const type = reply.headers['content-type'] ?? ''
  if (/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return reply.json()
  if (/^(?:application|text)\/(?:[\w.+-]+\+)?xml\b/i.test(type)) return fromXml(reply.text())
  throw new AppError('hypervisor.protocol', `status ${reply.status} with ${type === '' ? 'no content type' : type.slice(0, 80)}: is this the address of an engine?`)
}

function fromXml(text: string): unknown {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw protocol('XML with a document type')
  let parsed: unknown
  try {
    parsed = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      parseTagValue: false,
      parseAttributeValue: false,
      processEntities: false,
      ignoreDeclaration: true,
      ignorePiTags: true,
      tagValueProcessor: (_name, value) => decoded(value),
      attributeValueProcessor: (_name, value) => decoded(value),
    }).parse(text, true)
  } catch {
    throw protocol('XML that does not parse')
  }
  const roots = typeof parsed === 'object' && parsed !== null ? Object.values(parsed) : []
  if (roots.length !== 1) throw protocol('XML without exactly one root element')
  // An element without anything in it is an empty string to the parser.
  return roots[0] === '' ? {} : roots[0]
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: '\'' }

function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));/gi, (whole, hex?: string, dec?: string, name?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole
    const code = hex === undefined ? Number(dec) : parseInt(hex, 16)
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
  })
}

function protocol(why: string): AppError {
  return new AppError('hypervisor.protocol', why)
}
