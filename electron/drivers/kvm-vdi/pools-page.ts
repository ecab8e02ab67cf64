// Why: the dashboard lists a person's pools in HTML only. Read by a real parser and by structure, because names on that
// page are not escaped by the dashboard and therefore say whatever somebody typed into them.
// Layout: KVM-VDI draw_html5_buttons.php; one panel per pool, links of class pools, shutdown and terminate.
import { parse, type DefaultTreeAdapterTypes } from 'parse5'
import { AppError } from '../../core/errors.ts'

export interface Pool {
  readonly id: string
  readonly name: string
  /** The virtual machine this person already has there. */
  readonly provided?: { readonly name: string; readonly vmId?: string }
  readonly size?: number
  readonly available?: number
}

type Node = DefaultTreeAdapterTypes.Node
type Element = DefaultTreeAdapterTypes.Element

/** More pools than any person is given; a page with more is not one. */
const MAX_POOLS = 2000
const MAX_NAME = 200

/** An empty page has none: that is what the dashboard shows to somebody without pools, and without a session too. */
export function parsePools(html: string): readonly Pool[] {
  const root = parse(html)
  const links = elements(root).filter((e) => e.tagName === 'a' && classes(e).includes('pools'))
  if (links.length > MAX_POOLS) throw new AppError('hypervisor.protocol', `${links.length} pools on one page`)
  const pools = new Map<string, Pool>()
  for (const link of links) {
    const pool = poolOf(link)
    if (pool && !pools.has(pool.id)) pools.set(pool.id, pool)
  }
  return [...pools.values()]
}

function poolOf(link: Element): Pool | undefined {
  const id = number(attribute(link, 'id'))
  const panel = up(link, 'panel')
  if (id === undefined || !panel) return undefined
  const inside = elements(panel)
  const row = inside.find((e) => classes(e).includes('row') && classes(e).includes('text-center') && !elements(e).includes(link))
  const name = clean(text(elements(row ?? panel).find((e) => e.tagName === 'span')))
  const heading = inside.find((e) => classes(e).includes('panel-heading'))
  const given = clean(text(elements(heading ?? panel).find((e) => e.tagName === 'small')))
  const power = inside.find((e) => e.tagName === 'a' && (classes(e).includes('shutdown') || classes(e).includes('terminate')))
  const vmId = number(attribute(power, 'id'))
  const footer = text(inside.find((e) => classes(e).includes('panel-footer')) ?? panel)
  const size = number(/Pool size:\s*(\d{1,9})/.exec(footer)?.[1])
  const available = number(/Available:\s*(\d{1,9})/.exec(footer)?.[1])
  return {
    id,
    name: name === '' ? `Pool ${id}` : name,
    ...(given !== '' && given.toLowerCase() !== 'none' && { provided: { name: given, ...(vmId !== undefined && { vmId }) } }),
    ...(size !== undefined && { size: Number(size) }),
    ...(available !== undefined && { available: Number(available) }),
  }
}

/** Digits only: an id goes into requests. */
function number(value: string | undefined): string | undefined {
  return value !== undefined && /^\d{1,9}$/.test(value) ? value : undefined
}

const clean = (value: string): string => value.replace(/[\p{Cc}\p{Cf}]/gu, '').replace(/\s+/g, ' ').trim().slice(0, MAX_NAME)

const isElement = (node: Node): node is Element => 'tagName' in node

/** All elements below, in the order of the document; without recursion, as a hostile page may nest deeply. */
function elements(root: Node | undefined): readonly Element[] {
  const found: Element[] = []
  const waiting: Node[] = root === undefined ? [] : [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (isElement(node) && node !== root) found.push(node)
    if ('childNodes' in node) waiting.push(...node.childNodes.toReversed())
  }
  return found
}

function text(root: Node | undefined): string {
  let out = ''
  const waiting: Node[] = root === undefined ? [] : [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.nodeName === '#text') out += ` ${(node as DefaultTreeAdapterTypes.TextNode).value}`
    if ('childNodes' in node) waiting.push(...node.childNodes.toReversed())
  }
  return out
}

function attribute(element: Element | undefined, name: string): string | undefined {
  return element?.attrs.find((a) => a.name === name)?.value
}

const classes = (element: Element): readonly string[] => (attribute(element, 'class') ?? '').split(/\s+/)

/** The nearest element above of that class. */
function up(element: Element, name: string): Element | undefined {
  for (let at: Node | null = element.parentNode; at !== null; at = 'parentNode' in at ? at.parentNode : null) {
    if (isElement(at) && classes(at).includes(name)) return at
  }
  return undefined
}
