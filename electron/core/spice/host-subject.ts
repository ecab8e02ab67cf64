// Why: SPICE names a server by the subject of its certificate where its address says nothing (behind Proxmox VE's proxy,
// or a hypervisor known by address only). Which subjects are the same is decided here, and used wherever one is read or
// compared.
// Rule, as spice-gtk applies it: TYPE=value parts separated by commas, `\,` and `\\` in a value; all parts, in the
// certificate's order, and no others; letter case (of ASCII) and runs of blanks do not count.

export interface SubjectPart {
  readonly type: string
  readonly value: string
}

/** Other spellings → OpenSSL's short name in lower case. */
const ALIASES: Readonly<Record<string, string>> = {
  'commonname': 'cn', '2.5.4.3': 'cn',
  'surname': 'sn', '2.5.4.4': 'sn',
  '2.5.4.5': 'serialnumber',
  'countryname': 'c', '2.5.4.6': 'c',
  'localityname': 'l', '2.5.4.7': 'l',
  'stateorprovincename': 'st', 's': 'st', '2.5.4.8': 'st',
  'streetaddress': 'street', '2.5.4.9': 'street',
  'organizationname': 'o', '2.5.4.10': 'o',
  'organizationalunitname': 'ou', '2.5.4.11': 'ou',
  '2.5.4.12': 'title', '2.5.4.13': 'description', '2.5.4.17': 'postalcode',
  'givenname': 'gn', '2.5.4.42': 'gn',
  'domaincomponent': 'dc', '0.9.2342.19200300.100.1.25': 'dc',
  'userid': 'uid', '0.9.2342.19200300.100.1.1': 'uid',
  'email': 'emailaddress', 'e': 'emailaddress', '1.2.840.113549.1.9.1': 'emailaddress',
}

/** A host-subject as it is written in a .vv file, or a sentence that says what is wrong with it. */
export function parseHostSubject(text: string): readonly SubjectPart[] | { readonly message: string } {
  const parts: SubjectPart[] = []
  let at = 0
  while (at <= text.length) {
    const eq = text.indexOf('=', at)
    const type = text.slice(at, eq < 0 ? undefined : eq).trim()
    if (eq < 0 || !/^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+)$/.test(type)) return { message: 'a subject is written TYPE=value,TYPE=value, e.g. O=Example,CN=host.example.com; a comma in a value is written \\,' }
    let value = ''
    at = eq + 1
    for (; at < text.length && text[at] !== ','; at++) {
      if (text[at] === '\\' && ++at >= text.length) return { message: 'ends with a single backslash' }
      value += text[at]!
    }
    if (value.trim() === '') return { message: `${type} has no value` }
    parts.push(canonical(type, value))
    at++
  }
  return parts
}

/**
 * @param actual `X509Certificate.subject`: one TYPE=value a line in the certificate's order, escaped as RFC 2253 has it
 */
export function isSubject(expected: readonly SubjectPart[], actual: string): boolean {
  const parts: SubjectPart[] = []
  for (const line of actual.split('\n')) {
    const eq = line.indexOf('=')
    // Several attributes in one part (a plus that is not escaped) are something no host-subject can say.
    if (eq < 0 || line.replace(/\\./g, '').includes('+')) return false
    parts.push(canonical(line.slice(0, eq), unescape2253(line.slice(eq + 1))))
  }
  return parts.length === expected.length && parts.every((p, i) => p.type === expected[i]!.type && p.value === expected[i]!.value)
}

function canonical(type: string, value: string): SubjectPart {
  const name = type.trim().toLowerCase()
  const folded = value.trim().replace(/[ \t\n\r\f\v]+/g, ' ').replace(/[A-Z]/g, (c) => c.toLowerCase())
  return { type: Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name, value: folded }
}

/** `\,` and the like are the character, `\0A` is the byte (of control characters only: all others are written as they are). */
function unescape2253(text: string): string {
  return text.replace(/\\([0-9A-Fa-f]{2}|.)/gs, (_, e: string) => (e.length === 2 ? String.fromCharCode(parseInt(e, 16)) : e))
}
